import { expect, test } from 'vitest'
import { checkEvent } from '../../../schema/decode-event.ts'
import { activity } from './activity.ts'
import { DemoClock } from './clock.ts'
import { communities } from './communities.ts'
import { generateMinute } from './generate.ts'
import { capitalise, expand } from './grammar.ts'
import { createRandom } from './random.ts'
import { registers } from './registers.ts'

const ANCHOR = 29_700_000
const minutes = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => generateMinute('seed', ANCHOR, from + index)).flat()

test('the same minute has the same posts, another seed has others', () => {
  expect(generateMinute('seed', ANCHOR, ANCHOR)).toEqual(generateMinute('seed', ANCHOR, ANCHOR))
  expect(generateMinute('seed', ANCHOR, ANCHOR)).not.toEqual(generateMinute('other', ANCHOR, ANCHOR))
})

test('posts are valid, in time order inside their minute, and have ids of their own', () => {
  const posts = minutes(ANCHOR, 60)
  for (const { event, dueMs } of posts) {
    expect(checkEvent(event, dueMs)).toBe(event)
    expect(event.created_utc * 1_000).toBeLessThanOrEqual(dueMs)
  }
  const due = posts.map(({ dueMs }) => dueMs)
  expect(due).toEqual([...due].sort((a, b) => a - b))
  expect(new Set(posts.map(({ event }) => event.id)).size).toBe(posts.length)
})

test('activity grows over the week before the first start and passes into the present without a jump', () => {
  const day = 24 * 60
  const perDay = (from: number): number =>
    Array.from({ length: day }, (_, minute) => activity(ANCHOR, from + minute) * 60).reduce((a, b) => a + b)
  const week = [7, 6, 5, 4, 3, 2, 1].map((before) => perDay(ANCHOR - before * day))
  expect(week).toEqual([...week].sort((a, b) => a - b))
  expect(week.reduce((a, b) => a + b)).toBeGreaterThan(200_000)
  expect(week.reduce((a, b) => a + b)).toBeLessThan(350_000)
  expect(activity(ANCHOR, ANCHOR) / activity(ANCHOR, ANCHOR - 1)).toBeCloseTo(1, 2)
  expect(perDay(ANCHOR + day)).toBeCloseTo(perDay(ANCHOR + 30 * day), 0)
})

test('about forty communities with names that Reddit would take', () => {
  expect(communities.length).toBeGreaterThanOrEqual(38)
  for (const { name } of communities) expect(name).toMatch(/^[A-Za-z0-9_]{2,21}$/)
  expect(new Set(communities.map(({ name }) => name.toLowerCase())).size).toBe(communities.length)
})

test('every template of every register can be filled', () => {
  const random = createRandom('templates')
  for (const register of Object.values(registers)) {
    for (const template of [...register.titles, ...register.bodies]) {
      const text = capitalise(expand(random, register, template))
      expect(text).not.toMatch(/[{}]/)
      expect(text.length).toBeGreaterThan(4)
    }
  }
})

test('titles seldom repeat', () => {
  const titles = minutes(ANCHOR, 120).map(({ event }) => event.title)
  expect(new Set(titles).size / titles.length).toBeGreaterThan(0.75)
})

test('a fast clock runs until it meets the present, and never passes it', () => {
  let now = 1_000_000
  const clock = new DemoClock(10, 0, () => now)
  expect(clock.nowMs()).toBe(0)
  now += 1_000
  expect(clock.nowMs()).toBe(10_000)
  expect(clock.realWaitMs(20_000)).toBe(1_000)
  now += 1_000_000
  expect(clock.isPresent()).toBe(true)
  expect(clock.nowMs()).toBe(now)
})
