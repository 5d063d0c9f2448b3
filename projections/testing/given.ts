import type { GravitasEvent } from '../../schema/events.ts'
import type { Projection } from '../projection.ts'
import { TestReadModel, toLog } from './replay.ts'

/**
 * Tests a projection by its rows: `expect(given(projection, …before).when(…events).rows(sql)).toEqual([…])`. Every event is
 * published twice in a row, as two messages of the log, and each part is one transaction.
 */
export const given = (projection: Projection<unknown>, ...before: readonly GravitasEvent[]) => ({
  when: (...events: readonly GravitasEvent[]) => ({
    /** @returns the rows that a query gives */
    rows: (sql: string): unknown[] => {
      using model = new TestReadModel(projection)
      const log = toLog([...before, ...events].flatMap((event) => [event, event]))
      for (const part of [log.slice(0, 2 * before.length), log.slice(2 * before.length)]) model.write(part)
      return model.database.prepare(sql).all()
    },
  }),
})
