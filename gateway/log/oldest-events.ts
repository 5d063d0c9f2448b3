import type { JetStreamManager } from '@nats-io/jetstream'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { StreamName } from '../../schema/streams.ts'

interface Found {
  readonly sequence: number
  readonly storedAtMs: number
  /** When it was found, by the monotonic clock. */
  readonly foundAtMs: number
}

/** While a read model advances, the log is asked twice a second, so an answer that is older belongs to a former lag. */
const RECENT_MS = 2_000

/**
 * Reads the time at which the oldest event was stored that a read model has not applied. It keeps the last answer for each
 * stream and subject, and asks again when the read model has advanced.
 */
export class OldestEvents {
  readonly #jsm: JetStreamManager
  readonly #logger: Logger
  readonly #found = new Map<string, Found>()
  readonly #asking = new Set<string>()

  constructor(jsm: JetStreamManager, logger: Logger) {
    this.#jsm = jsm
    this.#logger = logger
  }

  /**
   * The time of the first event at `sequence` or later, in milliseconds since the epoch by the server's clock. While the
   * read model advances, it may be the time of a slightly earlier event. Undefined while it is not known.
   */
  storedAtMs(stream: StreamName, sequence: number, subject = '>'): number | undefined {
    const key = `${stream} ${subject}`
    const found = this.#found.get(key)
    if (found?.sequence !== sequence && !this.#asking.has(key)) void this.#ask(key, { stream, sequence, subject })
    const isRecent = found !== undefined && performance.now() - found.foundAtMs < RECENT_MS
    // An answer for a greater sequence is not used: the log went back to an older state, and the event is another one.
    return found?.sequence === sequence || (isRecent && found.sequence < sequence) ? found.storedAtMs : undefined
  }

  async #ask(key: string, { stream, sequence, subject }: { stream: string; sequence: number; subject: string }) {
    this.#asking.add(key)
    try {
      const message = await this.#jsm.direct.getMessage(stream, { seq: sequence, next_by_subj: subject })
      if (message !== null)
        this.#found.set(key, { sequence, storedAtMs: message.time.getTime(), foundAtMs: performance.now() })
    } catch (error) {
      this.#logger.debug({ err: error, stream, sequence }, 'cannot read the oldest event that is not applied')
    } finally {
      this.#asking.delete(key)
    }
  }
}
