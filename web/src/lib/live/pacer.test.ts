import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pacer } from './pacer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first item is applied at once, and the following ones in batches', () => {
  const batches: number[][] = []
  const pacer = new Pacer<number>(200, (items) => batches.push(items))
  pacer.push(1)
  pacer.push(2)
  vi.advanceTimersByTime(1)
  expect(batches).toEqual([[1, 2]])
  pacer.push(3)
  vi.advanceTimersByTime(100)
  pacer.push(4)
  expect(batches).toHaveLength(1)
  vi.advanceTimersByTime(100)
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('an item that was flushed is not applied again', () => {
  const batches: number[][] = []
  const pacer = new Pacer<number>(200, (items) => batches.push(items))
  pacer.push(1)
  pacer.flush()
  vi.advanceTimersByTime(1_000)
  expect(batches).toEqual([[1]])
})
