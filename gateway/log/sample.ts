import type { ConsumerInfo, JetStreamAccountStats } from '@nats-io/jetstream'
import type { IgnoredPromotion } from '../../schema/promotions.ts'
import type { StreamSample } from './log-status.ts'
import type { ProcessSample } from './process-watch.ts'
import type { ReadModelSample } from './read-model-progress.ts'
import type { ScoringSample } from './scoring-progress.ts'

/** The state of the whole system at one moment, from which all problems follow. */
export interface Sample {
  readonly isConnected: boolean
  /** For how long heartbeats and answers of the log could have come without a break; 0 while they cannot. */
  readonly linkedMs: number
  readonly streams: readonly StreamSample[]
  /** Consumers of all hosts. */
  readonly consumers: readonly ConsumerInfo[]
  readonly account: JetStreamAccountStats | undefined
  /** Undefined while no scoring model is promoted, and if the promoted one never had a scorer. */
  readonly scoring: ScoringSample | undefined
  readonly readModels: readonly ReadModelSample[]
  /** Processes of all hosts. */
  readonly processes: readonly ProcessSample[]
  /** The host on which the gateway runs. */
  readonly host: string
  /** The setting SOURCE; undefined if it is not set. */
  readonly source: string | undefined
  /** The promoted scoring model; undefined before the first promotion. */
  readonly promoted: string | undefined
  /** The newest message of MODELS, if it changes nothing. */
  readonly ignoredPromotion: IgnoredPromotion | undefined
  readonly disk: DiskSample | undefined
  /** Posts without a score of the promoted scoring model that nobody will score. */
  readonly unscoredPosts: number
  /** How many events DEAD took in the last ten minutes. */
  readonly newDeadLetters: number
}

/** The file system that holds DATA_DIR. */
export interface DiskSample {
  readonly folder: string
  readonly freeBytes: number
  readonly totalBytes: number
}
