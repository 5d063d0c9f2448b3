import { statSync } from 'node:fs'

/** What other processes read in the file of any read model, beside the tables of its own. */

/** SQL: the last applied sequence of each stream. */
export const SELECT_CHECKPOINTS = 'SELECT stream, sequence FROM checkpoints ORDER BY stream'

/** SQL: the number of events that the log no longer has and no erasure explains, without those that were accepted. */
export const COUNT_LOST_EVENTS =
  'SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM lost_events WHERE accepted = 0'

/** SQL: the number of lost events that an operator accepted with `--accept-lost-events`. */
export const COUNT_ACCEPTED_LOST_EVENTS =
  'SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM lost_events WHERE accepted = 1'

/** The row of `meta` with the file's random id, which its projector writes at start and its consumers are named by. */
export const FILE_ID = 'file_id'

/** SQL: the file's id; no row before its projector has started. */
export const SELECT_FILE_ID = `SELECT value FROM meta WHERE name = '${FILE_ID}'`

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
