import type { JetStreamManager, MsgRequest, StoredMsg } from '@nats-io/jetstream'
import { decodeEvent } from './decode-event.ts'
import { EVENTS, subjectPattern } from './events.ts'
import { EventRejectedError } from './runtime/errors.ts'
import { nextMessage } from './runtime/next-message.ts'
import { MODELS, SCORES } from './streams.ts'

const PROMOTED = subjectPattern('ModelPromoted')
/** How many scoring models without scores are watched, the last promoted ones. */
const MAX_WAITING = 20
const MESSAGES_AT_ONCE = 64

/** A promotion that is in effect from some score on, of a scoring model that was not the shown one. */
export interface Promotion {
  /** Its sequence in MODELS. */
  readonly sequence: number
  readonly model: string
  /**
   * The sequence of the first score from which on it is in effect. It follows from the log alone, so that every process
   * finds the same one. It is 0 for the first promotion, because nothing was shown before.
   */
  readonly start: number
}

/** The newest message of MODELS, if it changes nothing. */
export interface IgnoredPromotion {
  readonly sequence: number
  /** Why it changes nothing. */
  readonly reason: string
}

/** A valid ModelPromoted, which may have no effect (yet). */
interface Candidate {
  readonly sequence: number
  readonly model: string
  readonly timestamp: string
  /** The sequence of the first score that was stored after it; undefined until its scoring model has a score. */
  after: number | undefined
  /** The sequence of the first score of its scoring model; undefined while there is none. */
  first: number | undefined
}

/**
 * Reads which scoring models were promoted. The last valid promotion counts. A message that is not a ModelPromoted is
 * ignored, and so is the promotion of a scoring model without scores, because it would empty every list: that promotion
 * counts from the first score of its scoring model on. Only the first promotion counts at once, because a scorer promotes
 * its scoring model before it scores. One reader reads each message of MODELS once.
 */
export class PromotionReader {
  #candidates: Candidate[] = []
  #promotions: readonly Promotion[] = []
  /** The last message that was read. */
  #last: { readonly seq: number; readonly timestamp: string } | undefined
  /** Why the last message that was read is not valid. */
  #invalid: IgnoredPromotion | undefined

  /** The promotions that are in effect, in order; the same array while nothing changes. */
  get promotions(): readonly Promotion[] {
    return this.#promotions
  }

  get ignored(): IgnoredPromotion | undefined {
    if (this.#invalid !== undefined) return this.#invalid
    const last = this.#candidates.at(-1)
    if (last === undefined || last.first !== undefined) return undefined
    return { sequence: last.sequence, reason: `the log has no score of model ${last.model}` }
  }

  /** Call it when SCORES was re-created, because the known sequences are not those of the new stream. */
  forget(): void {
    this.#last = undefined
  }

  /**
   * Reads what the log has at the time of the call. Calls must not overlap.
   * @throws when the log does not answer
   */
  async read(jsm: JetStreamManager): Promise<readonly Promotion[]> {
    // A later promotion may have been stored just before a first score that was found, which then changes nothing.
    do await this.#readUpTo(jsm, await jsm.streams.getMessage(MODELS, { last_by_subj: PROMOTED }))
    while (await this.#findFirstScores(jsm))
    const promotions = inEffect(this.#candidates)
    if (!isSame(promotions, this.#promotions)) this.#promotions = promotions
    this.#candidates = prune(this.#candidates)
    return this.#promotions
  }

  /**
   * Looks for the scores that were missing so far. The newest comes first: the first score of an older one is then found if
   * it came before that of the newer one.
   * @returns whether it found any
   */
  async #findFirstScores(jsm: JetStreamManager): Promise<boolean> {
    let isFound = false
    for (const one of this.#candidates.toReversed()) {
      if (one.first === undefined) {
        one.first = await firstScoreOf(jsm, one.model)
        isFound ||= one.first !== undefined
      }
      if (one.first !== undefined) one.after ??= await firstScoreAfter(jsm, one.timestamp)
    }
    return isFound
  }

  async #readUpTo(jsm: JetStreamManager, last: StoredMsg | null): Promise<void> {
    const known = this.#last
    const lastSequence = last?.seq ?? 0
    if (known !== undefined && known.seq === last?.seq && known.timestamp === last.timestamp) return
    const isNewLog = known === undefined || known.seq >= lastSequence
    if (isNewLog) [this.#candidates, this.#invalid] = [[], undefined]
    for (let seq = isNewLog ? 0 : known.seq; seq < lastSequence;) {
      const messages = await nextMessages(jsm, seq + 1, lastSequence)
      if (messages.length === 0) break
      for (const message of messages) {
        this.#take(message)
        // If the log stops answering, the next call goes on from here, and no message is taken twice.
        this.#last = message
      }
      seq = messages.at(-1)!.seq
    }
    this.#last = last ?? undefined
  }

  #take(message: StoredMsg): void {
    const { seq: sequence, timestamp } = message
    const model = readModel(message)
    this.#invalid = typeof model === 'string' ? undefined : { sequence, reason: model.message }
    if (typeof model !== 'string' || model === this.#candidates.at(-1)?.model) return
    const known = this.#candidates.length === 0 ? 0 : undefined
    this.#candidates.push({ sequence, model, timestamp, after: known, first: known })
  }
}

/**
 * The next messages of MODELS from a sequence on, oldest first; none if there are no more. They are requested together,
 * because rubbish may lie between the promotions.
 */
async function nextMessages(jsm: JetStreamManager, from: number, to: number): Promise<StoredMsg[]> {
  const first = await nextMessage(jsm, MODELS, from, PROMOTED)
  if (first === null) return []
  const count = Math.max(0, Math.min(MESSAGES_AT_ONCE - 1, to - first.seq))
  const others = await Promise.all(
    Array.from({ length: count }, (_, index) => jsm.streams.getMessage(MODELS, { seq: first.seq + 1 + index })),
  )
  return [first, ...others.filter((message) => message !== null)]
}

/** The scoring model that a message promotes, or why it promotes none. */
function readModel({ data, subject, time }: StoredMsg): string | EventRejectedError {
  try {
    const event = decodeEvent(data, subject, time.getTime())
    return event.type === 'ModelPromoted' ? event.model : new EventRejectedError('not a promotion')
  } catch (error) {
    if (error instanceof EventRejectedError) return error
    throw error
  }
}

async function firstScoreOf(jsm: JetStreamManager, model: string): Promise<number | undefined> {
  const first = await nextMessage(jsm, SCORES, 1, EVENTS.PostScored.subject({ model, subreddit: '*' }))
  return first?.seq
}

/**
 * The sequence of the first score that was stored after a time, even if that score does not exist yet. The stream's leader
 * is asked, because a replica that lags lacks scores, and this process would place the promotion after them while it runs.
 */
async function firstScoreAfter(jsm: JetStreamManager, time: string): Promise<number> {
  const { state } = await jsm.streams.info(SCORES)
  // The client's type lacks this field of the server's API.
  const request = { start_time: time } as unknown as MsgRequest
  const first = await jsm.streams.getMessage(SCORES, request)
  return first?.seq ?? state.last_seq + 1
}

/**
 * The promotions that are, or were, in effect. One that had to wait for the first score of its scoring model never is, if a
 * later one was in effect by then.
 */
function inEffect(candidates: readonly Candidate[]): Promotion[] {
  const promotions: (Promotion & { readonly waited: boolean })[] = []
  for (const { sequence, model, after, first } of candidates) {
    if (first === undefined || after === undefined) continue
    const start = Math.max(after, first)
    while (promotions.at(-1)?.waited === true && promotions.at(-1)!.start >= start) promotions.pop()
    if (promotions.at(-1)?.model !== model)
      promotions.push({ sequence, model, start, waited: after > 0 && first >= after })
  }
  return promotions.map(({ sequence, model, start }) => ({ sequence, model, start }))
}

const isSame = (some: readonly Promotion[], others: readonly Promotion[]): boolean =>
  some.length === others.length &&
  some.every(({ sequence, start }, at) => {
    const other = others[at]!
    return sequence === other.sequence && start === other.start
  })

/**
 * Drops candidates that can never be in effect: those that wait although a later one does not, and those after which the
 * same scoring model was promoted again. Of the others that wait, only a limited number is kept.
 */
function prune(candidates: readonly Candidate[]): Candidate[] {
  const shown = candidates.findLastIndex(({ first }) => first !== undefined)
  const waiting = new Map<string, Candidate>()
  for (const one of candidates.slice(shown + 1)) {
    waiting.delete(one.model)
    waiting.set(one.model, one)
  }
  const settled = candidates.filter(({ first }) => first !== undefined)
  return [...settled, ...[...waiting.values()].slice(-MAX_WAITING)]
}
