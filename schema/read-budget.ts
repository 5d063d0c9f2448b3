import type { Database } from 'better-sqlite3'

/** A reader's statement was stopped because its time was used up. */
export class ReadBudgetError extends Error {
  override name = 'ReadBudgetError'
}

/** When the time for reading is used up, by the monotonic clock of this thread. */
let endsAtMs = Number.POSITIVE_INFINITY

/**
 * Defines the SQL function `within_budget()`, which returns 1 and stops the statement when the time of {@link withBudget} is used
 * up. Statements whose work no index limits call it for each row that they look at, because better-sqlite3 has no way to
 * interrupt a statement.
 */
export function defineReadBudget(database: Database): void {
  database.function('within_budget', () => {
    if (performance.now() > endsAtMs) throw new ReadBudgetError('the time for reading is used up')
    return 1
  })
}

/**
 * Runs a read that takes a limited time.
 * @throws ReadBudgetError from the statement that runs when the time is used up
 */
export function withBudget<T>(milliseconds: number, read: () => T): T {
  endsAtMs = performance.now() + milliseconds
  try {
    return read()
  } finally {
    endsAtMs = Number.POSITIVE_INFINITY
  }
}
