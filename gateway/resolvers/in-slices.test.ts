import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { inSlices } from './in-slices.ts'

test('a short list is given as it is', () => {
  const rows = Array.from({ length: 100 }, (_, index) => index)
  expect(inSlices(rows)).toBe(rows)
})

test('a long list pauses when the time of a slice is over', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const rows = Array.from({ length: 200 }, (_, index) => index)
    const given: number[] = []
    const atPauses: number[] = []
    const done = (async () => {
      for await (const row of inSlices(rows) as unknown as AsyncIterable<number>) {
        given.push(row)
        // Each row takes a tenth of a slice.
        vi.advanceTimersByTime(0.5)
      }
    })()
    while (given.length < rows.length) {
      await setImmediate()
      atPauses.push(given.length)
    }
    await done
    expect(given).toEqual(rows)
    expect(atPauses.length).toBeGreaterThan(10)
  } finally {
    vi.useRealTimers()
  }
})
