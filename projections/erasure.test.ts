import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent } from '../schema/decode-event.ts'
import type { GravitasEvent } from '../schema/events.ts'
import { POSTS } from '../schema/streams.ts'
import { toPostKey } from '../schema/post-id.ts'
import { postErased } from '../schema/testing/builders.ts'
import type { LogMessage } from './file/batch-writer.ts'
import type { ReadModelName } from '../schema/read-models.ts'
import { projections } from './testing/all-projections.ts'
import { history, idOf, post } from './testing/histories.ts'
import { dumpRows, TestReadModel, toLog } from './testing/replay.ts'

/** A history that erases a post at some point, and the same history without the post. */
const erasing = fc
  .tuple(history, post, fc.nat(60), fc.boolean(), fc.integer({ min: 1, max: 20 }))
  .map(([events, { id }, at, twice, batchSize]) => {
    const others = events.filter((event) => idOf(event) !== id)
    const erasure = postErased({ post_id: id })
    const history = events.toSpliced(at, 0, erasure)
    return { id, others, history: twice ? [...history, erasure] : history, batchSize }
  })

function follow(name: string, log: readonly LogMessage[], batchSize = 1): TestReadModel {
  const model = new TestReadModel(projections[name as ReadModelName])
  for (let at = 0; at < log.length; at += batchSize) model.write(log.slice(at, at + batchSize))
  return model
}

/** The same log in another order of delivery: one stream first. */
const byStream = (log: readonly LogMessage[], first: string): LogMessage[] => [
  ...log.filter(({ stream }) => stream === first),
  ...log.filter(({ stream }) => stream !== first),
]

/** Rows without their sequences in the log. */
function rowsOf({ database }: TestReadModel): string {
  const rank = 'SELECT count(*) FROM scores s WHERE (s.key, s.model) <= (scores.key, scores.model)'
  const hasScores = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'scores'").get() !== undefined
  if (hasScores) database.exec(`UPDATE scores SET sequence = -(${rank})`)
  return dumpRows(database, { without: ['checkpoints', 'meta', 'erased'] })
}

const erasedKeys = ({ database }: TestReadModel): number[] =>
  database.prepare<[], number>('SELECT key FROM erased ORDER BY key').pluck().all()

describe.each(Object.keys(projections))('%s', (name) => {
  test.each(['as published', POSTS, 'SCORES'])(
    'erasing a post at any point gives the rows of a log without the post (%s)',
    (order) => {
      fc.assert(
        fc.property(erasing, ({ id, others, history, batchSize }) => {
          const log = order === 'as published' ? toLog(history) : byStream(toLog(history), order)
          using erased = follow(name, log, batchSize)
          using never = follow(name, toLog(others))
          expect(rowsOf(erased)).toBe(rowsOf(never))
          expect(erasedKeys(erased)).toContain(toPostKey(id))
        }),
        { numRuns: 40 },
      )
    },
  )

  test('a replay of the log without the erased messages gives the same rows, bit for bit', () => {
    fc.assert(
      fc.property(erasing, ({ id, history, batchSize }) => {
        const log = toLog(history)
        const left = log.filter((message) => isLeft(message, id))
        using followed = follow(name, log, batchSize)
        using replayed = follow(name, left, batchSize)
        const options = { without: ['checkpoints', 'meta'] }
        expect(dumpRows(replayed.database, options)).toBe(dumpRows(followed.database, options))
      }),
      { numRuns: 40 },
    )
  })
})

/** Whether erasing the post leaves this message in the log. */
function isLeft({ data, subject, storedAtMs }: LogMessage, id: string): boolean {
  const event: GravitasEvent = decodeEvent(data, subject, storedAtMs)
  return event.type === 'PostErased' || idOf(event) !== id
}
