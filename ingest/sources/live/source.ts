import type { Logger } from '../../../schema/runtime/logger.ts'
import type { HourReport } from './coverage-publisher.ts'
import type { CoverageGap } from './coverage-gaps.ts'
import type { PositionStore } from './position-store.ts'
import type { PostLog } from './post-log.ts'
import type { PostSink } from './post-sink.ts'

/** What a source is given to work with. */
export interface SourceContext {
  readonly sink: PostSink
  readonly positions: PositionStore
  readonly logger: Logger
  /** Says out loud, and keeps, what the source could not read any more. */
  readonly recordGap: (gap: CoverageGap) => Promise<void>
  /** Says how much of some hours the source has seen. Resolves when that is stored. @throws what publishing throws */
  readonly report: (reports: readonly HourReport[]) => Promise<void>
  /** For sources that find out what is deleted; undefined: nothing is looked at again. */
  readonly postLog?: PostLog | undefined
  readonly signal: AbortSignal
}

/** Where posts come from as they are written: Reddit's API, an archive, a feed. */
export interface LiveSource {
  /** Also the `source` of its posts and the first part of its positions' keys. */
  readonly name: string
  /** Reads until the signal is aborted. Failures of the outside world are waited out. @throws what storing posts throws */
  run(context: SourceContext): Promise<void>
}
