import { statSync } from 'node:fs'

/** What other processes read in the file of any read model, beside the tables of its own. */

/** SQL: the last applied sequence of each stream. */
export const SELECT_CHECKPOINTS = 'SELECT stream, sequence FROM checkpoints ORDER BY stream'

/** SQL: the number of events that the log no longer has and no erasure explains. */
export const COUNT_LOST_EVENTS = 'SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM lost_events'

/**
 * The row of `meta` that a projector writes when it applies an erasure, and removes when the file and its write-ahead log
 * are free of what was erased.
 */
export const UNSCRUBBED = 'unscrubbed'

/**
 * The row of `meta` that a projector writes beside UNSCRUBBED while another program holds the file open in a read
 * transaction, so that the write-ahead log, with the erased text, cannot be emptied.
 */
export const HELD_OPEN = 'held open'

/** The size of a SQLite file's write-ahead log in bytes; 0 if it has none. */
export const writeAheadLogBytes = (file: string): number =>
  statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
