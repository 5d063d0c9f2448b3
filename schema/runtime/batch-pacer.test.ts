import { expect, test } from 'vitest'
import { BatchPacer } from './batch-pacer.ts'

function paced(perSecond: number, forMs = 2_000): number {
  let now = 0
  const pacer = new BatchPacer({ targetMessages: 1_000, maxWaitMs: 100, now: () => now })
  for (; now < forMs; now += 1_000 / perSecond) pacer.arrived(1)
  return pacer.waitMs()
}

test('no message waits at a few hundred messages a second', () => {
  expect(paced(1)).toBe(0)
  expect(paced(500)).toBe(0)
})

test('under load a batch waits until it is full enough, and never too long', () => {
  expect(paced(2_000)).toBe(100)
  expect(paced(50_000)).toBeGreaterThan(15)
  expect(paced(50_000)).toBeLessThan(25)
})

test('a burst no longer affects the pace after some seconds', () => {
  let now = 0
  const pacer = new BatchPacer({ targetMessages: 1_000, maxWaitMs: 100, now: () => now })
  pacer.arrived(5_000)
  expect(pacer.waitMs()).toBeGreaterThan(0)
  now = 5_000
  expect(pacer.waitMs()).toBe(0)
})
