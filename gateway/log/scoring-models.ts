import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { readScoringModels } from '../../schema/scoring-models.ts'
import type { Logger } from '../../schema/runtime/logger.ts'

const POLL_INTERVAL_MS = 5_000
/**
 * A scoring model stays listed for this long, because a scorer is not seen between two of its pulls and while it
 * restarts.
 */
const FORGET_MS = 3 * POLL_INTERVAL_MS

/** The scoring models that scorers used in the last seconds. */
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

  /** Empty while the log does not answer. */
  get names(): string[] {
    const nowMs = this.#nowMs()
    return [...this.#seenAtMs].flatMap(([model, atMs]) => (nowMs - atMs < FORGET_MS ? [model] : [])).sort()
  }

  /** Reads the scoring models now and every five seconds. */
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
      this.#logger.debug({ err: error }, 'cannot read which scoring models scorers use')
      // A server with other users may forbid the request, and would log an error each time.
      if (isForbidden(error)) clearInterval(this.#timer)
    }
  }
}

const isForbidden = (error: unknown): boolean =>
  [error, (error as Error | undefined)?.cause].some(
    (one) => (one as Error | undefined)?.name === 'PermissionViolationError',
  )
