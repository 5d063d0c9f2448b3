import type { Health } from '../../../schema/heartbeat.ts'
import type { Logger } from '../../../schema/runtime/logger.ts'
import type { HourReport } from './coverage-publisher.ts'
import type { CoverageGap } from './coverage-gaps.ts'
import type { PositionStore } from './position-store.ts'
import type { PostLog } from './post-log.ts'
import type { PostSink } from './post-sink.ts'

/** What a source gets to work with. */
export interface SourceContext {
  readonly sink: PostSink
  readonly positions: PositionStore
  readonly logger: Logger
  /** Gets the problems that the source itself finds. */
  readonly health?: Health | undefined
  /** Logs and keeps a time whose posts the source can no longer read. */
  readonly recordGap: (gap: CoverageGap) => Promise<void>
  /** Reports how much of some hours the source has seen. Resolves when the reports are stored. @throws what publishing throws */
  readonly report: (reports: readonly HourReport[]) => Promise<void>
  /** For sources that check stored posts for deletion; undefined: stored posts are not checked. */
  readonly postLog?: PostLog | undefined
  readonly signal: AbortSignal
}

/** A source that brings posts as they are written: Reddit's API, an archive, a feed. */
export interface LiveSource {
  /** The `source` of its posts, and the first part of the keys of its positions. */
  readonly name: string
  /** Reads until the signal is aborted. When the server fails, it waits and retries. @throws what storing posts throws */
  run(context: SourceContext): Promise<void>
}
