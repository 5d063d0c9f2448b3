import type { PostsPosition } from '../../projections/posts/queries.ts'
import type { Promotion } from '../../schema/promotions.ts'
import type { Promotions } from '../log/promotions.ts'
import { Periods } from './periods.ts'

/**
 * The periods of the shown scoring models, as far as the log was asked for promotions. A gateway may hear of a promotion
 * after it has read scores that were stored after the promotion and so belong to the next period. Therefore it asks the log
 * for promotions before it reads scores: a promotion that is not in the answer is stored after these scores.
 */
export class KnownPeriods {
  readonly #promotions: Promotions
  readonly #onKnown: () => void
  #known: readonly Promotion[] = []
  #periods = new Periods([])
  /** All promotions up to this sequence of SCORES are known. Undefined without subscribers, and before the log has answered. */
  #until: number | undefined
  #log: string | undefined
  #isAsking = false
  #isOutdated = false

  /** @param onKnown called when the periods of more scores are known */
  constructor(promotions: Promotions, onKnown: () => void) {
    this.#promotions = promotions
    this.#onKnown = onKnown
  }

  get all(): Periods {
    return this.#periods
  }

  /** Call it after a promotion. The next call of `limit` asks the log again. */
  promoted(): void {
    this.#isOutdated = true
  }

  /** Forgets up to which sequence the promotions are known. Call it when there are no subscribers any more. */
  rest(): void {
    this.#until = undefined
  }

  /** @param log the id of the SCORES stream that the sequences mean from now on */
  startLog(log: string): void {
    this.#log = log
    this.#promotions.forget()
    this.#learn([])
    this.rest()
  }

  /** Asks the log for promotions if they are not known up to a read model's position. */
  ask({ scores }: PostsPosition): void {
    if (this.#isOutdated || this.#until === undefined || scores > this.#until) void this.#ask(scores)
  }

  /** A read model's position, but not beyond the scores whose periods are known; undefined while nothing is known. */
  limit(at: PostsPosition): PostsPosition | undefined {
    return this.#until === undefined ? undefined : { ...at, scores: Math.min(at.scores, this.#until) }
  }

  /** Whether the period of a score is known. */
  includes(sequence: number): boolean {
    return this.#until !== undefined && sequence <= this.#until
  }

  /** Reads the promotions now. @returns false if the log does not answer */
  async refresh(): Promise<boolean> {
    const log = this.#log
    const promotions = await this.#promotions.read()
    if (promotions === undefined || log !== this.#log) return false
    this.#learn(promotions)
    return true
  }

  async #ask(scores: number): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    this.#isOutdated = false
    const isKnown = await this.refresh()
    this.#isAsking = false
    this.#isOutdated ||= !isKnown
    if (!isKnown) return
    this.#until = Math.max(this.#until ?? 0, scores)
    this.#onKnown()
  }

  #learn(promotions: readonly Promotion[]): void {
    if (promotions === this.#known) return
    this.#known = promotions
    this.#periods = new Periods(promotions)
  }
}
