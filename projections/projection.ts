import type { Database } from 'better-sqlite3'
import type { EventType, GravitasEvent } from '../schema/events.ts'
import type { StreamName } from '../schema/streams.ts'

/** Where in the log an event stands. */
export interface Position {
  readonly stream: StreamName
  readonly sequence: number
}

/**
 * A read model: what each event changes in it, and how changes become rows. It uses no clock, no randomness and no look-up
 * outside its own file, so that a replay gives the same rows as having followed.
 */
export interface Projection<Change> {
  /** Also the name of its folder, file, logger and consumer. With `version` and `events` from schema/read-models.ts. */
  readonly name: string
  readonly version: number
  readonly events: readonly EventType[]
  /** DDL for an empty file. */
  readonly tables: string
  /**
   * By former version: DDL that makes its file one of the next version. Only where following the log from the file's
   * checkpoints then gives the rows of a rebuild, such as for the events of a stream that was not followed before.
   */
  readonly upgrades?: Readonly<Record<number, string>>
  /** The most events of a type in one transaction, where they cost so much that more would delay everything else. */
  readonly batchLimits?: Readonly<Partial<Record<EventType, number>>>
  /** Pure: the change that an event asks for. The writer's ledger knows whether it was made before. */
  evolve(event: GravitasEvent, position: Position): Change | undefined
  createWriter(database: Database): ChangeWriter<Change>
}

/** Applies changes inside the projector's transaction. Applying a change twice must equal applying it once. */
export interface ChangeWriter<Change> {
  apply(change: Change): void
  /** Writes what was gathered since the last flush. Called once before each commit. */
  flush(): Flushed
}

/** What a transaction changed. */
export interface Flushed {
  /** Subreddits (lower case) whose rows changed. */
  readonly subreddits: readonly string[]
  /** What left the rows for good; undefined where nothing did. */
  readonly erased?: Erased | undefined
}

export interface Erased {
  /** Messages of the log that are erased: the file must not keep their bytes as dead letters either. */
  readonly messages: readonly Position[]
  /** Texts that left the rows, each as its bytes lay in the file, which may hold more copies of them. */
  readonly texts: readonly string[]
}
