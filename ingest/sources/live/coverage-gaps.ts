import type { Logger } from '../../../schema/runtime/logger.ts'
import type { PositionStore } from './position-store.ts'

/** A time whose posts a source did not read and can no longer read. */
export interface CoverageGap {
  /** Which posts are missing: those of a subreddit (in lower case), or a range of ids. */
  readonly of: string
  /** The beginning of the time: ISO 8601, UTC. */
  readonly from: string
  readonly until: string
  readonly reason: string
}

const MAX_KEPT = 200

/** Keeps the last 200 coverage gaps of a source under `<source>.gaps` in the bucket of positions. */
export class CoverageGaps {
  readonly #positions: PositionStore
  readonly #key: string
  readonly #logger: Logger

  constructor(positions: PositionStore, source: string, logger: Logger) {
    this.#positions = positions
    this.#key = `${source}.gaps`
    this.#logger = logger
  }

  async record(gap: CoverageGap): Promise<void> {
    this.#logger.warn(gap, 'coverage gap: posts of this time could not be read')
    const { gaps } = (await this.#positions.read<{ gaps: CoverageGap[] }>(this.#key)) ?? { gaps: [] }
    await this.#positions.save(this.#key, { gaps: [...gaps, gap].slice(-MAX_KEPT) })
  }
}
