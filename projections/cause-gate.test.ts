import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SCORES } from '../schema/streams.ts'
import { postScored } from '../schema/testing/builders.ts'
import { CauseGate } from './cause-gate.ts'
import { toLog } from './testing/replay.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const score = (postSequence?: number) =>
  toLog([postScored(postSequence === undefined ? {} : { post_sequence: postSequence })])[0]!

test('a score goes through once its post was applied, one that names none at once', () => {
  using gate = new CauseGate(() => {})
  expect(score().stream).toBe(SCORES)
  expect(gate.lets(score(7), 6)).toBe(false)
  expect(gate.lets(score(7), 7)).toBe(true)
  expect(gate.lets(score(), 0)).toBe(true)
})

test('a post that never comes holds up the others for a moment only, each time anew', () => {
  const onTimeout = vi.fn<() => void>()
  using gate = new CauseGate(onTimeout)
  for (const round of [1, 2]) {
    gate.note(true)
    vi.advanceTimersByTime(2_900)
    gate.note(true)
    expect(gate.lets(score(7), 0)).toBe(false)
    vi.advanceTimersByTime(200)
    expect(onTimeout).toHaveBeenCalledTimes(round)
    expect(gate.lets(score(7), 0)).toBe(true)
    gate.note(false)
    expect(gate.lets(score(8), 0)).toBe(false)
  }
})
