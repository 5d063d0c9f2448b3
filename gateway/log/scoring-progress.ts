import { scorerConsumer } from '../../schema/scoring-models.ts'
import { POSTS } from '../../schema/streams.ts'
import { LagTrend, type Trend } from './lag-trend.ts'
import type { LogStatus } from './log-status.ts'

/** How far the scorers of the promoted scoring model are. */
export interface ScoringSample extends Trend {
  /** Posts that no scorer has taken yet. */
  readonly lag: number
  /** Age of the oldest of them; 0 without a lag, undefined while it is not known. */
  readonly lagSeconds: number | undefined
}

/**
 * Follows the consumer that all scorers of the promoted scoring model share. Posts that a scorer took and did not finish
 * do not count: a rejected one may be delivered again and again while all others are scored.
 */
export class ScoringProgress {
  readonly #log: LogStatus
  #model: string | undefined
  #trend = new LagTrend()

  constructor(log: LogStatus) {
    this.#log = log
  }

  /**
   * @param atMs the monotonic clock
   * @param model the promoted scoring model
   * @returns undefined without a scoring model, and if it never had a scorer
   */
  sample(atMs: number, model: string | undefined): ScoringSample | undefined {
    if (model !== this.#model) this.#trend = new LagTrend()
    this.#model = model
    if (model === undefined) return undefined
    const name = scorerConsumer(model)
    const consumer = this.#log.consumers.find((found) => found.stream_name === POSTS && found.name === name)
    if (consumer === undefined) return undefined
    const taken = consumer.delivered.stream_seq
    const lag = consumer.num_pending
    const ageMs = lag === 0 ? 0 : this.#log.ageMs(POSTS, taken + 1)
    const lagSeconds = ageMs === undefined ? undefined : Math.round(ageMs / 1_000)
    return { lag, lagSeconds, ...this.#trend.add({ atMs, lag, applied: taken }) }
  }
}
