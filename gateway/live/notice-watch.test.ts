import { expect, test } from 'vitest'
import { NoticeWatch } from './notice-watch.ts'

const at = (sequence: number) => [{ stream: 'SCORES', sequence }]

test('a lost change notice is noticed by the next one', () => {
  const watch = new NoticeWatch()
  watch.noticed({ SCORES: 5 }, { SCORES: 4 })
  expect(watch.noticed({ SCORES: 7 }, { SCORES: 5 })).toBe(false)
  expect(watch.noticed({ SCORES: 9 }, { SCORES: 8 })).toBe(true)
  expect(watch.noticed({ SCORES: 10 }, { SCORES: 9 })).toBe(false)
})

test('a projector that restarts loses no notice if it starts where it ended', () => {
  const watch = new NoticeWatch()
  watch.noticed({ POSTS: 3, SCORES: 5 }, {})
  expect(watch.noticed({ POSTS: 3, SCORES: 6 }, { SCORES: 5, POSTS: 3 })).toBe(false)
  expect(watch.noticed({ POSTS: 3, SCORES: 7 }, { SCORES: 6, POSTS: 4 })).toBe(true)
})

test('a lost change notice without another one after it is noticed when the read model shows it twice', () => {
  const watch = new NoticeWatch()
  watch.noticed({ SCORES: 5 }, {})
  expect(watch.missed(at(5))).toBe(false)
  expect(watch.missed(at(6))).toBe(false)
  expect(watch.missed(at(6))).toBe(true)
  expect(watch.missed(at(6))).toBe(false)
})
