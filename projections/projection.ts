import type { Database } from 'better-sqlite3'
import type { EventType, GravitasEvent } from '../schema/events.ts'
import type { StreamName } from '../schema/streams.ts'

/** The place of an event in the log. */
export interface Position {
  readonly stream: StreamName
  readonly sequence: number
}

/**
 * A read model: what each event changes in it, and how changes become rows. It uses no clock, no randomness and no
 * look-up outside its own file, so that a replay gives the same rows as following the log.
 */
export interface Projection<Change> {
  /**
   * Also the name of its folder, file and logger, and a part of the names of its consumers. Like `version`, `events` and
   * `reports`, it comes from schema/read-models.ts.
   */
  readonly name: string
  readonly version: number
  readonly events: readonly EventType[]
  /** The stream whose rejected events its projector sends to DEAD; undefined if others report those of all its streams. */
  readonly reports?: StreamName
  /** DDL for an empty file. */
  readonly tables: string
  /**
   * The most events of a type in one transaction, for types that cost so much that more would delay everything else.
   */
  readonly batchLimits?: Readonly<Partial<Record<EventType, number>>>
  /**
   * Returns the change that an event asks for. It is pure: the writer's ledger knows whether the change was made
   * before.
   */
  evolve(event: GravitasEvent, position: Position): Change | undefined
  createWriter(database: Database): ChangeWriter<Change>
}

/** Applies changes inside the projector's transaction. Applying a change twice must equal applying it once. */
export interface ChangeWriter<Change> {
  apply(change: Change): void
  /** Writes the changes that were gathered since the last flush. Called once before each commit. */
  flush(): Flushed
}

/** What a transaction changed. */
export interface Flushed {
  /** Subreddits (lower case) whose rows changed. */
  readonly subreddits: readonly string[]
  /** What was erased from the rows; undefined when nothing was. */
  readonly erased?: Erased | undefined
}

export interface Erased {
  /** Erased messages of the log. The file must not keep their bytes as dead letters either. */
  readonly messages: readonly Position[]
  /**
   * Texts that were removed from the rows, with the bytes that they had in the file. The file may hold more copies of
   * them.
   */
  readonly texts: readonly string[]
}
