import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { readScoringModels } from '../schema/scoring-models.ts'
import type { Logger } from '../schema/runtime/logger.ts'

const POLL_INTERVAL_MS = 5_000
/** Between two of its pulls, and while it starts anew, a scorer is not seen. */
const FORGET_MS = 3 * POLL_INTERVAL_MS

/** Which models scorers are at work with, of late. */
export class ScoringModels implements Disposable {
  readonly #logger: Logger
  readonly #nowMs: () => number
  readonly #seenAtMs = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  /** @param nowMs a clock, in milliseconds */
  constructor(logger: Logger, nowMs: () => number = () => performance.now()) {
    this.#logger = logger
    this.#nowMs = nowMs
  }

  /** None while the log cannot be asked. */
  get names(): string[] {
    const nowMs = this.#nowMs()
    return [...this.#seenAtMs].flatMap(([model, atMs]) => (nowMs - atMs < FORGET_MS ? [model] : [])).sort()
  }

  /** Looks now, and every five seconds. */
  async follow(connection: NatsConnection): Promise<void> {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    this.#timer = setInterval(() => void this.#look(jsm), POLL_INTERVAL_MS)
    this.#timer.unref()
    await this.#look(jsm)
  }

  saw(models: readonly string[]): void {
    for (const model of models) this.#seenAtMs.set(model, this.#nowMs())
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(jsm: JetStreamManager): Promise<void> {
    try {
      this.saw(await readScoringModels(jsm))
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot look up which models are scored with')
      // A server with users of its own may not let a gateway ask, and says so in the log each time.
      if (isForbidden(error)) clearInterval(this.#timer)
    }
  }
}

const isForbidden = (error: unknown): boolean =>
  [error, (error as Error | undefined)?.cause].some(
    (one) => (one as Error | undefined)?.name === 'PermissionViolationError',
  )
