import { existsSync } from 'node:fs'
import { READS as REAL } from '../read-models/reads.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import { allTimeQueries } from '../../projections/all-time/queries.ts'

/** Counts up to a number. The gateway has no query that is this slow. */
const slowQueries = {
  readModel: allTimeQueries.readModel,
  prepare: (database: Parameters<typeof allTimeQueries.prepare>[0]) => {
    allTimeQueries.prepare(database)
    const count = (condition: string) =>
      database
        .prepare<[number], number>(
          `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
           SELECT count(*) FROM numbers WHERE ${condition}`,
        )
        .pluck()
    return { interruptible: count('within_budget()'), native: count('n > 0') }
  },
} as const

interface Count {
  readonly most: number
}

/** Reads for tests of the pool, beside quick ones. The page of a subreddit is slow here, and its list is as always. */
export const READS = {
  subreddits: REAL.subreddits,
  subredditPage: (models: ReadModels): unknown => READS.interruptible(models, { most: 1e10 }),
  quick: (_: ReadModels, value: unknown) => value,
  large: (): string => 'x'.repeat(3_000_000),
  count: (models: ReadModels) => models.allTime.queries?.count('serious-1', undefined) ?? null,
  /** A statement that is interrupted when the time is used up. */
  interruptible: (models: ReadModels, { most }: Count) => models.of(slowQueries).queries!.interruptible.get(most),
  /** A statement that runs in SQLite alone, where nothing can interrupt it. */
  native: (models: ReadModels, { most }: Count) => models.of(slowQueries).queries!.native.get(most),
  /** Keeps its worker busy until a file exists. */
  hold: (_: ReadModels, { file }: { readonly file: string }): null => {
    while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    return null
  },
  /** Stands for a worker that dies. */
  crash: () => process.exit(1),
}
