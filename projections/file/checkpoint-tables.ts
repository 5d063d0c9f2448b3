/**
 * Tables that every read model's file has besides its own. `checkpoints` is the only position of record: it changes in
 * the transaction that changes the rows. `stream_created` and `digest` (SHA-256 of the event at the checkpoint) tell at
 * start whether the stream still is the one that the rows were built from. `lost_events` holds ranges of sequences,
 * both ends inclusive, that the log no longer has and no erasure explains; `accepted` is 1 when an operator accepted the
 * loss. `erased_sequences` holds the sequences that PostErased events name. `dead_letters` refers to rejected events that
 * are still to be sent to DEAD (dead-letters.ts). A row is much smaller than that of a valid event, because the text stays
 * in the log, and the reason can be found again from it.
 */
export const checkpointTables = `
CREATE TABLE checkpoints (
  stream TEXT PRIMARY KEY,
  stream_created TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  digest TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE lost_events (
  stream TEXT NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  accepted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (stream, first_sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE erased_sequences (
  stream TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letters (
  stream TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  is_erased INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX erased_dead_letters ON dead_letters (stream, sequence) WHERE is_erased = 1;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`
