import { setTimeout as pause } from 'node:timers/promises'
import type { DeadLetter } from '../dead-letters.ts'
import type { Health } from '../heartbeat.ts'
import { BackOff, type BackOffLimits } from '../runtime/back-off.ts'
import type { Logger } from '../runtime/logger.ts'
import { LetterFile, letterFile, LetterFileFullError } from './letter-file.ts'
import { LetterSender } from './letter-sender.ts'
import type { LetterConnection } from './send-letter.ts'

export interface OutboxOptions extends LetterConnection {
  readonly process: 'ingest' | 'scorer'
  readonly dataDir: string
  readonly health: Health
  readonly logger: Logger
  readonly maxBytes?: number
  readonly retry?: BackOffLimits
}

/** The longest pause is also the interval at which a process looks for letters of others, such as an import that ended. */
const RETRY: BackOffLimits = { firstMs: 500, maxMs: 10_000 }
const ROOM_RETRY_MS = 1_000
const CLOSE_TIMEOUT_MS = 1_000

/**
 * Keeps the dead letters of a process in a file until DEAD has them, so that nothing else waits for DEAD. An event may be
 * acknowledged once its letter is stored here.
 */
export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions
  readonly #file: LetterFile
  readonly #sender: LetterSender
  readonly #retry: BackOff
  readonly #maxRetryMs: number
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #isFailing = false

  constructor(options: OutboxOptions) {
    const { dataDir, process, maxBytes, retry = RETRY } = options
    this.#options = options
    this.#file = new LetterFile(letterFile(dataDir, process), maxBytes)
    this.#sender = new LetterSender({ ...options, letters: this.#file, path: this.#file.path })
    this.#retry = new BackOff(retry)
    this.#maxRetryMs = retry.maxMs
  }

  /** How many letters wait. */
  get waiting(): number {
    return this.#file.count()
  }

  /** Sends the letters that an earlier process left, and from then on those that are stored. */
  start(): void {
    this.#schedule(0)
  }

  /**
   * Stores letters durably, and schedules their sending.
   * @throws when the file has no room or cannot be written; then none of them is stored
   */
  store(letters: readonly DeadLetter[]): void {
    try {
      this.#file.add(letters)
    } catch (error) {
      this.#reportBlocked(error)
      throw error
    }
    this.#options.health.problems.clear('dead-letters-blocked', this.#options.process)
    if (!this.#isFailing) this.#schedule(0)
  }

  /** Like {@link store}, but waits until there is room. @throws when this outbox is closed before */
  async storeWhenRoom(letters: readonly DeadLetter[]): Promise<void> {
    const { signal } = this.#closing
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted()
      try {
        return this.store(letters)
      } catch (error) {
        if (isFirst) this.#options.logger.warn({ err: error }, 'cannot store dead letters; will retry')
        await pause(ROOM_RETRY_MS, undefined, { signal })
      }
    }
  }

  /** Tries once to send everything now. @returns why letters still wait; undefined if none does */
  async flush(): Promise<string | undefined> {
    await this.#sending
    await this.#send()
    const { problems } = this.#options.health
    return problems.list.find(({ code }) => code === 'dead-letters-waiting')?.what
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await Promise.race([this.#sending, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
    this.#file[Symbol.dispose]()
  }

  #schedule(delayMs: number): void {
    if (this.#closing.signal.aborted || this.#sending !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#send(), delayMs).unref()
  }

  #send(): Promise<void> {
    return (this.#sending ??= this.#sendOnce().then((pauseMs) => {
      this.#sending = undefined
      this.#schedule(pauseMs)
    }))
  }

  /** @returns after how many milliseconds to look for letters again */
  async #sendOnce(): Promise<number> {
    try {
      await this.#sender.sendAll()
      this.#isFailing = false
      this.#retry.reset()
      return this.waiting > 0 ? 0 : this.#maxRetryMs
    } catch (error) {
      const { logger } = this.#options
      if (!this.#isFailing && !this.#closing.signal.aborted)
        logger.warn({ err: error }, 'could not publish dead letters; will retry')
      this.#isFailing = true
      return this.#retry.next()
    }
  }

  #reportBlocked(error: unknown): void {
    const { process, health } = this.#options
    health.problems.raise({
      code: 'dead-letters-blocked',
      subject: process,
      what: `Events that ${process} rejected wait, because their dead letters cannot be stored: ${(error as Error).message}.`,
      remedy:
        error instanceof LetterFileFullError
          ? `Make room in DEAD, so that the letters in ${this.#file.path} can be sent, and on the disk of DATA_DIR.`
          : `Make sure that ${this.#file.path} can be written. If it is damaged, move it elsewhere: it holds rejected events.`,
    })
  }
}
