import { jetstreamManager, type JetStreamManager, type MsgRequest, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import { subjectPattern } from '../../schema/events.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { MODELS, SCORES } from '../../schema/streams.ts'

const TIMEOUT_MS = 2_000
const PROMOTED = subjectPattern('ModelPromoted')

/** A promotion of a scoring model that was not the shown one. */
export interface Promotion {
  /** Its sequence in MODELS. */
  readonly sequence: number
  readonly model: string
  /**
   * The sequence of the first score that was stored after the promotion. It follows from the log alone, so that every
   * gateway finds the same one. It is 0 for the first promotion, because nothing was shown before.
   */
  readonly start: number
}

/** All promotions in the log. They are read on request, because only the log knows whether there is a new one. */
export class Promotions {
  readonly #logger: Logger
  #jsm: JetStreamManager | undefined
  #known: readonly Promotion[] = []
  /** The last promotion that was read. */
  #last: { readonly seq: number; readonly timestamp: string } | undefined
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<readonly Promotion[] | undefined> | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
  }

  /**
   * The promotions that the log has at the time of the call, in order; the same array while there is no new one. Resolves
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
    this.#last = undefined
  }

  async #read(): Promise<readonly Promotion[] | undefined> {
    if (this.#jsm === undefined) return undefined
    try {
      const last = await this.#jsm.streams.getMessage(MODELS, { last_by_subj: PROMOTED })
      if (last === null) return []
      await this.#readUpTo(this.#jsm, last)
      return this.#known
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot read the promotions of scoring models')
      return undefined
    }
  }

  async #readUpTo(jsm: JetStreamManager, last: StoredMsg): Promise<void> {
    const known = this.#last
    if (known?.seq === last.seq && known.timestamp === last.timestamp) return
    const isNewLog = known === undefined || known.seq >= last.seq
    const promotions = isNewLog ? [] : [...this.#known]
    for (let seq = isNewLog ? 0 : known.seq; seq < last.seq;) {
      const next = { seq: seq + 1, next_by_subj: PROMOTED }
      const message = await jsm.streams.getMessage(MODELS, next)
      if (message === null) break
      seq = message.seq
      const event = decodeValidEvent(message.data, message.subject, message.time.getTime())
      if (event?.type !== 'ModelPromoted' || event.model === promotions.at(-1)?.model) continue
      const start = promotions.length === 0 ? 0 : await firstScoreAfter(jsm, message.timestamp)
      promotions.push({ sequence: seq, model: event.model, start })
    }
    this.#known = promotions
    this.#last = last
  }
}

/**
 * While no score was stored after the time, this is the sequence of the next score. The stream's leader is asked: a replica
 * that lags lacks scores, and this gateway would place the promotion behind them for as long as it runs.
 */
async function firstScoreAfter(jsm: JetStreamManager, time: string): Promise<number> {
  const { state } = await jsm.streams.info(SCORES)
  // The client's type lacks this field of the server's API.
  const request = { start_time: time } as unknown as MsgRequest
  const first = await jsm.streams.getMessage(SCORES, request)
  return first?.seq ?? state.last_seq + 1
}
