import { setTimeout as pause } from 'node:timers/promises'
import { withoutData, type DeadLetter } from '../dead-letters.ts'
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
const CLOSE_TIMEOUT_MS = 1_000

/**
 * Keeps the dead letters of a process in a file until DEAD has them. Nothing waits for DEAD or for the file: good events
 * come first. An event may be acknowledged once its letter was handed over.
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
  /** How many letters could not be stored since one was stored last. */
  #dropped = 0

  constructor(options: OutboxOptions) {
    const { dataDir, process, maxBytes, retry = RETRY } = options
    this.#options = options
    this.#file = new LetterFile(letterFile(dataDir, process), maxBytes)
    this.#sender = new LetterSender({ ...options, letters: this.#file })
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
   * Stores letters durably, and schedules their sending. If the file has little room, it stores them without their data. If
   * it has none, or cannot be written, the letters are dropped, which a problem says.
   */
  store(letters: readonly DeadLetter[]): void {
    try {
      this.#add(letters)
      this.#dropped = 0
      this.#options.health.problems.clear('dead-letters-blocked', this.#options.process)
    } catch (error) {
      this.#noteDropped(letters.length, error)
    }
    if (!this.#isFailing) this.#schedule(0)
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

  #add(letters: readonly DeadLetter[]): void {
    if (!this.#file.isNearlyFull) {
      try {
        return this.#file.add(letters)
      } catch (error) {
        if (!(error instanceof LetterFileFullError)) throw error
      }
    }
    this.#file.add(letters.map(withoutData))
  }

  #noteDropped(count: number, error: unknown): void {
    const { process, health, logger } = this.#options
    if (this.#dropped === 0) logger.error({ err: error }, 'cannot store dead letters; dropping them')
    this.#dropped += count
    health.problems.raise({
      code: 'dead-letters-blocked',
      subject: process,
      what: `${this.#dropped} events that ${process} rejected have no dead letter, because it cannot be stored: ${(error as Error).message}.`,
      remedy:
        error instanceof LetterFileFullError
          ? `Make room in DEAD, so that the letters in ${this.#file.path} can be sent, and on the disk of DATA_DIR.`
          : `Make sure that ${this.#file.path} can be written. If it is damaged, move it elsewhere: it holds rejected events.`,
    })
  }
}
