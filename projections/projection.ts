import type { Database } from 'better-sqlite3'
import type { EventType, GravitasEvent } from '../schema/events.ts'
import type { StreamName } from '../schema/streams.ts'

/** Where in the log an event stands. */
export interface Position {
  readonly stream: StreamName
  readonly sequence: number
}

/**
 * A read model: which events it handles, what each of them changes, and how changes become rows. It knows no clock, no
 * randomness and no look-up outside its own file, so that a replay gives the same rows as having followed.
 */
export interface Projection<Change> {
  /** Also the name of its folder, file, logger and consumer. */
  readonly name: string
  /** Raised whenever `tables` or `evolve` change; a file of another version has to be upgraded or rebuilt. */
  readonly version: number
  readonly handles: readonly EventType[]
  /** DDL for an empty file. */
  readonly tables: string
  /**
   * By former version: DDL that makes its file one of the next version. Only where following the log from the file's
   * checkpoints then gives the rows of a rebuild, such as for the events of a stream that was not followed before.
   */
  readonly upgrades?: Readonly<Record<number, string>>
  /** Pure: the changes that an event asks for. Whether they were made before, the writer's ledger knows. */
  evolve(event: GravitasEvent, position: Position): Change | undefined
  createWriter(database: Database): ChangeWriter<Change>
}

/** Applies changes inside the projector's transaction. Applying a change twice must equal applying it once. */
export interface ChangeWriter<Change> {
  apply(change: Change): void
  /** Writes what was gathered since the last flush, before the commit; returns the subreddits (lower case) whose rows changed. */
  flush(): readonly string[]
  /** Of a read model that holds texts: those that left its rows since the last call, each as its bytes lay in the file. */
  takeErasedTexts?(): readonly string[]
}
