import { LRUCache } from 'lru-cache'
import type { JsonAnswer } from '../http/json-answer.ts'

const MAX_ENTRIES = 1_000
const MAX_BYTES = 32 * 2 ** 20

/**
 * Keeps answers as bytes until the data that they were made from changes. A version stands for the state of every read
 * model, so a cached answer is never outdated.
 */
export class AnswerCache {
  readonly #answers = new LRUCache<string, JsonAnswer>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength,
  })
  #version = ''

  get(version: string, key: string): JsonAnswer | undefined {
    this.#moveTo(version)
    return this.#answers.get(key)
  }

  set(version: string, key: string, answer: JsonAnswer): void {
    this.#moveTo(version)
    this.#answers.set(key, answer)
  }

  #moveTo(version: string): void {
    if (version === this.#version) return
    this.#answers.clear()
    this.#version = version
  }
}
