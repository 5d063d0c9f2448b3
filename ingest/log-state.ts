/** The state of POSTS that is stored with a position, to recognise the log that the position belongs to. */
export interface LogState {
  /** When POSTS was created. It distinguishes the stream from another one of the same name. */
  readonly created: string
  readonly lastSequence: number
}

/**
 * Compares the state of POSTS with an earlier one. A position of an older version has no state; then the time at which it
 * was saved shows whether POSTS was re-created since.
 * @returns what happened to POSTS if posts that were stored earlier are missing now; undefined if none are missing
 */
export function findMismatch(earlier: LogState | Date, now: LogState): string | undefined {
  const isOther = earlier instanceof Date ? earlier < new Date(now.created) : earlier.created !== now.created
  if (isOther) return 'POSTS was re-created'
  if (earlier instanceof Date || earlier.lastSequence <= now.lastSequence) return undefined
  return `POSTS went back to an older state: it ends at sequence ${now.lastSequence} and had ${earlier.lastSequence}`
}
