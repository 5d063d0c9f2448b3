import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { PromotionReader, type Promotion } from '../../schema/promotions.ts'
import type { Logger } from '../../schema/runtime/logger.ts'

const TIMEOUT_MS = 2_000

/** All promotions in the log. They are read on request, because only the log knows whether there is a new one. */
export class Promotions {
  readonly #logger: Logger
  readonly #reader = new PromotionReader()
  #jsm: JetStreamManager | undefined
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<readonly Promotion[] | undefined> | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
  }

  /**
   * The promotions that are in effect at the time of the call, in order; the same array while there is no new one. Resolves
   * to undefined when the log does not answer.
   */
  read(): Promise<readonly Promotion[] | undefined> {
    // A read that has begun may not see a promotion of this moment. The next one, which has not begun, serves all callers.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      const reading = this.#read()
      this.#running = reading
      return reading
    })
    return this.#next
  }

  /** Call it when SCORES was re-created, because the known sequences are not those of the new stream. */
  forget(): void {
    this.#reader.forget()
  }

  async #read(): Promise<readonly Promotion[] | undefined> {
    if (this.#jsm === undefined) return undefined
    try {
      return await this.#reader.read(this.#jsm)
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot read the promotions of scoring models')
      return undefined
    }
  }
}
