/** What other processes read in the file of any read model, beside the tables of its own. */

/** SQL: the last applied sequence of each stream. */
export const SELECT_CHECKPOINTS = 'SELECT stream, sequence FROM checkpoints ORDER BY stream'

/** SQL: the random id of the file, which names its consumers. */
export const SELECT_FILE_ID = "SELECT value FROM meta WHERE name = 'id'"

/** SQL: the number of events that the log no longer has and no erasure explains. */
export const COUNT_LOST_EVENTS = 'SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM lost_events'

/**
 * The row of `meta` that a projector writes when it applies an erasure, and removes when the file and its write-ahead log
 * are free of what was erased.
 */
export const UNSCRUBBED = 'unscrubbed'
