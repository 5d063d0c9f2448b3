import { expect, test } from 'vitest'
import { PendingIds } from './pending-ids.ts'

test('pending ids are stored with their hour and state, a deleted post under the word "erased"', () => {
  const pending = new PendingIds()
  pending.add(36, { hour: 3_600, state: 'deleted' }, 5_000)
  pending.add(37, { hour: 3_600, state: 'deleted' }, 5_000)
  pending.add(38, { hour: 7_200, state: 'unknown' }, 5_000)
  const stored = pending.toStored()
  expect(stored).toEqual([
    [5, 0, '10 11', 3_600, 'erased'],
    [5, 0, '12', 7_200, 'unknown'],
  ])
  const loaded = PendingIds.load(stored)
  expect(loaded.counted(37)).toMatchObject({ hour: 3_600, state: 'deleted' })
  expect(loaded.toStored()).toEqual(stored)
})
