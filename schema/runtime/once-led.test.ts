import { TimeoutError } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { NoLeaderError } from './errors.ts'
import { onceLed } from './once-led.ts'

/** A request that fails with each of the errors, one after the other, and then succeeds. */
function failingWith(...errors: readonly Error[]): () => Promise<string> {
  const left = [...errors]
  return async () => {
    const error = left.shift()
    if (error !== undefined) throw error
    return 'answer'
  }
}

test('a request is repeated without a leader and without an answer, and fails at once with another error', async () => {
  expect(await onceLed(failingWith(new TimeoutError()))).toBe('answer')
  expect(await onceLed(failingWith(new NoLeaderError('POSTS')))).toBe('answer')
  await expect(onceLed(failingWith(new Error('no rights')))).rejects.toThrow('no rights')
})
