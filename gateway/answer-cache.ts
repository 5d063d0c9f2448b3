const MAX_ENTRIES = 1_000
const MAX_BYTES = 32 * 2 ** 20

/**
 * Answers as bytes, for as long as nothing that they were made from has changed: a version stands for the state of every
 * read model, so a cached answer never is an old one.
 */
export class AnswerCache {
  readonly #answers = new Map<string, Buffer>()
  #bytes = 0
  #version = ''

  get(version: string, key: string): Buffer | undefined {
    if (version !== this.#version) this.#clear(version)
    return this.#answers.get(key)
  }

  set(version: string, key: string, answer: Buffer): void {
    if (version !== this.#version || this.#answers.size >= MAX_ENTRIES || this.#bytes >= MAX_BYTES) this.#clear(version)
    this.#answers.set(key, answer)
    this.#bytes += answer.byteLength
  }

  #clear(version: string): void {
    this.#answers.clear()
    this.#bytes = 0
    this.#version = version
  }
}
