import { setImmediate } from 'node:timers/promises'

/** How long an answer may keep the event loop busy without a pause. */
const SLICE_MS = 3
/** A shorter list is answered in one go. */
const FEW_ROWS = 100

/**
 * Gives GraphQL the rows of a list in slices, so that a long answer pauses for other requests.
 * @returns the rows themselves if they are few; otherwise an async iterable, which generated types do not allow for lists
 */
export function inSlices<Row>(rows: readonly Row[]): Row[] {
  return (rows.length <= FEW_ROWS ? rows : slice(rows)) as Row[]
}

/** Ends with the last pause that was asked for. Pauses end one after the other, so that other work is done after each slice. */
let pauses: Promise<unknown> = Promise.resolve()

/** All lists of an answer progress together, so each of them pauses when the time of a slice is over. */
async function* slice<Row>(rows: readonly Row[]): AsyncGenerator<Row, void, undefined> {
  let startedAtMs = performance.now()
  for (const row of rows) {
    if (performance.now() - startedAtMs >= SLICE_MS) {
      await (pauses = pauses.then(() => setImmediate()))
      startedAtMs = performance.now()
    }
    yield row
  }
}
