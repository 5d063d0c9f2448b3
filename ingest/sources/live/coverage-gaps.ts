import type { Logger } from '../../../schema/runtime/logger.ts'
import type { PositionStore } from './position-store.ts'

/** Something that was posted and cannot be read any more. */
export interface CoverageGap {
  /** Whose posts: subreddits in lower case, or a range of ids. */
  readonly of: string
  /** ISO 8601, UTC. */
  readonly from: string
  readonly until: string
  readonly reason: string
}

const MAX_KEPT = 200

/** The gaps of a source, the last 200, under `<source>.gaps` in the bucket of positions. */
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
    this.#logger.warn(gap, 'posts are missing: a gap that the source cannot close')
    const { gaps } = (await this.#positions.read<{ gaps: CoverageGap[] }>(this.#key)) ?? { gaps: [] }
    await this.#positions.save(this.#key, { gaps: [...gaps, gap].slice(-MAX_KEPT) })
  }
}
