import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { subjectPattern } from '../../schema/events.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { PromotionReader, type IgnoredPromotion } from '../../schema/promotions.ts'

const POLL_INTERVAL_MS = 1_000

/**
 * The scoring model whose scores are shown: that of the last promotion in effect. While the log does not answer, it is
 * the one with the most scores, so that a gateway without NATS still answers.
 */
export class ShownModel implements Disposable {
  readonly #logger: Logger
  readonly #guess: () => string | undefined
  readonly #listeners: (() => void)[] = []
  readonly #promotions = new PromotionReader()
  #looking: Promise<void> | undefined
  #promoted: string | undefined
  #guessed: string | undefined
  #guessedAtMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** @param guess returns the scoring model to show while the log does not answer */
  constructor(logger: Logger, guess: () => string | undefined = () => undefined) {
    this.#logger = logger
    this.#guess = guess
  }

  /** Undefined while no scoring model was promoted and no post was scored. */
  get name(): string | undefined {
    if (this.#promoted !== undefined) return this.#promoted
    if (performance.now() - this.#guessedAtMs >= POLL_INTERVAL_MS) {
      this.#guessedAtMs = performance.now()
      this.#guessed = this.#guess()
    }
    return this.#guessed
  }

  /** Undefined before the first promotion, and until the log has answered. */
  get promoted(): string | undefined {
    return this.#promoted
  }

  /** The newest message of MODELS, if it changes nothing. */
  get ignored(): IgnoredPromotion | undefined {
    return this.#promotions.ignored
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Reads the promoted model now, at each promotion, and every second in case the message of a promotion was lost. */
  async follow(connection: NatsConnection): Promise<void> {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    connection.subscribe(subjectPattern('ModelPromoted'), {
      callback: (error) => {
        if (error === null) void this.#look(jsm)
        else this.#logger.debug({ err: error }, 'cannot subscribe to promotions')
      },
    })
    await this.#look(jsm)
    this.#timer = setInterval(() => void this.#look(jsm), POLL_INTERVAL_MS)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  /** Reads of the promotions do not overlap. A promotion that comes during one is found by the next one at the latest. */
  #look(jsm: JetStreamManager): Promise<void> {
    return (this.#looking ??= this.#lookOnce(jsm).finally(() => (this.#looking = undefined)))
  }

  async #lookOnce(jsm: JetStreamManager): Promise<void> {
    try {
      const model = (await this.#promotions.read(jsm)).at(-1)?.model
      if (model === undefined || model === this.#promoted) return
      this.#promoted = model
      this.#logger.info({ model }, 'showing the scores of this scoring model')
      for (const listener of this.#listeners) listener()
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot look up the promoted scoring model')
    }
  }
}
