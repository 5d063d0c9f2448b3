import { expect, test } from 'vitest'
import { checkEvent } from '../../../schema/decode-event.ts'
import { DemoClock } from './clock.ts'
import { communities } from './communities.ts'
import { generateMinute } from './generate.ts'
import { capitalise, expand } from './grammar.ts'
import { createRandom } from './random.ts'
import { registers } from './registers.ts'

/** The first minute of a day, UTC. */
const START = 29_700_000
const minutes = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => generateMinute('seed', from + index)).flat()

test('the same minute has the same posts, another seed has others', () => {
  expect(generateMinute('seed', START)).toEqual(generateMinute('seed', START))
  expect(generateMinute('seed', START)).not.toEqual(generateMinute('other', START))
})

test('posts are valid, in time order within their minute, and each has its own id', () => {
  const posts = minutes(START, 60)
  for (const { event, dueMs } of posts) {
    expect(checkEvent(event, dueMs)).toBe(event)
    expect(event.created_utc * 1_000).toBeLessThanOrEqual(dueMs)
  }
  const due = posts.map(({ dueMs }) => dueMs)
  expect(due).toEqual([...due].sort((a, b) => a - b))
  expect(new Set(posts.map(({ event }) => event.id)).size).toBe(posts.length)
})

test('a week has some 280,000 posts, equally many each day, and every day has the same rhythm', () => {
  const hours = Array.from({ length: 8 * 24 }, (_, hour) => minutes(START + 60 * hour, 60).length)
  const days = Array.from({ length: 8 }, (_, day) => hours.slice(24 * day, 24 * (day + 1)))
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b)
  const week = sum(days.slice(0, 7).flat())
  expect(week).toBeGreaterThan(270_000)
  expect(week).toBeLessThan(290_000)
  // After a first start, the eighth day is the first one that is live.
  for (const day of days) {
    expect(sum(day)).toBeGreaterThan((0.9 * week) / 7)
    expect(sum(day)).toBeLessThan((1.1 * week) / 7)
    for (const [hour, posts] of day.entries()) {
      const expected = (week / (7 * 24)) * (1 + 0.4 * Math.cos((2 * Math.PI * (hour + 0.5 - 19)) / 24))
      expect(posts / expected).toBeGreaterThan(0.85)
      expect(posts / expected).toBeLessThan(1.15)
    }
  }
}, 30_000)

test('about forty communities with names that Reddit would accept', () => {
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
  const titles = minutes(START, 120).map(({ event }) => event.title)
  expect(new Set(titles).size / titles.length).toBeGreaterThan(0.75)
})

test('a fast clock runs until it reaches the present, and never passes it', () => {
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
