import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const iteration = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('at most one task runs in each iteration of the event loop, in the order in which they asked', async () => {
  const turns = new Turns()
  const done: number[] = []
  for (const task of [1, 2, 3]) void turns.take().then(() => done.push(task))
  const counts: number[] = []
  for (let index = 0; index < 40; index++) {
    await iteration()
    counts.push(done.length)
  }
  expect(done).toEqual([1, 2, 3])
  expect(counts.map((count, index) => count - (counts[index - 1] ?? 0)).every((step) => step <= 1)).toBe(true)
})

test('a task that asks again waits behind the others', async () => {
  const turns = new Turns()
  const done: string[] = []
  const run = async (name: string): Promise<void> => {
    for (let index = 0; index < 3; index++) {
      await turns.take()
      done.push(name)
    }
  }
  await Promise.all([run('a'), run('b')])
  expect(done.join('')).toBe('ababab')
})

test('several iterations of the event loop pass after a long task', async () => {
  const turns = new Turns()
  let iterations = 0
  const count = (): void => {
    iterations++
    counter = setImmediate(count)
  }
  let counter = setImmediate(count)
  await turns.take()
  for (const startMs = performance.now(); performance.now() - startMs < 5;);
  const before = iterations
  await turns.take()
  clearImmediate(counter)
  expect(iterations - before).toBeGreaterThanOrEqual(8)
})
