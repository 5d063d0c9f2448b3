import type { JsonAnswer } from './http/json-answer.ts'

const MAX_ENTRIES = 1_000
const MAX_BYTES = 32 * 2 ** 20

/**
 * Answers as bytes, for as long as nothing that they were made from has changed: a version stands for the state of every
 * read model, so a cached answer never is an old one.
 */
export class AnswerCache {
  readonly #answers = new Map<string, JsonAnswer>()
  #bytes = 0
  #version = ''

  get(version: string, key: string): JsonAnswer | undefined {
    if (version !== this.#version) this.#clear(version)
    return this.#answers.get(key)
  }

  set(version: string, key: string, answer: JsonAnswer): void {
    const isFull = this.#answers.size >= MAX_ENTRIES || this.#bytes + answer.bytes.byteLength > MAX_BYTES
    if (version !== this.#version || isFull) this.#clear(version)
    this.#answers.set(key, answer)
    this.#bytes += answer.bytes.byteLength
  }

  #clear(version: string): void {
    this.#answers.clear()
    this.#bytes = 0
    this.#version = version
  }
}
