import { expect, test } from 'vitest'
import { FrameCache } from './frame-cache.ts'
import { SharedAnswers, type Frames } from './shared-answers.ts'

const toEvents = (count: number): object[] => Array.from({ length: count }, (_, index) => ({ index }))

/** Reads all pieces of a batch, as one subscriber does. */
async function readAll(answers: SharedAnswers, batch: readonly object[]): Promise<Frames[]> {
  const pieces: Frames[] = []
  for (let rest = batch; rest.length > 0; rest = rest.slice(pieces.at(-1)!.count))
    pieces.push(await answers.firstOf(rest))
  return pieces
}

test.each([
  ['at once', (text: string) => text],
  ['later', (text: string) => Promise.resolve(text)],
])('events that are answered %s come in pieces of about 32 KiB, each event once and in order', async (_, deliver) => {
  const toText = (event: object): string => `${JSON.stringify(event)}${'x'.repeat(10_000)};`
  const answers = new SharedAnswers((event) => deliver(toText(event)), new FrameCache())
  const events = toEvents(100)
  const pieces = await readAll(answers, events)
  expect(pieces.map(({ bytes }) => String(bytes)).join('')).toBe(events.map(toText).join(''))
  expect(Math.max(...pieces.map(({ bytes }) => bytes.byteLength))).toBeLessThanOrEqual(32 * 1_024)
})

test('only the events of the first piece are answered before the subscriber takes more', async () => {
  let answered = 0
  const answers = new SharedAnswers(() => `${answered++}${'x'.repeat(15_000)}`, new FrameCache())
  const events = toEvents(500)
  const { count } = await answers.firstOf(events)
  expect([count, answered]).toEqual([1, 1])
  await answers.firstOf(events.slice(1))
  expect(answered).toBe(3)
})

test('answers that take long wait for their turn, in pieces of few events', async () => {
  const burn = (): string => {
    for (const startMs = performance.now(); performance.now() - startMs < 5;);
    return 'x'
  }
  const slow = new SharedAnswers(burn, new FrameCache())
  const fast = new SharedAnswers(() => 'x', new FrameCache())
  const events = toEvents(10)
  await slow.firstOf(events)
  expect((await slow.firstOf(events.slice(1))).count).toBe(1)
  expect(slow.isCostly).toBe(true)
  await readAll(fast, events)
  expect(fast.isCostly).toBe(false)
})

test('an event is answered once for all who select the same, until the cache is full', async () => {
  let answered = 0
  const cache = new FrameCache(100)
  const answers = new SharedAnswers(() => `${answered++}`.padEnd(30), cache)
  const [first, ...others] = toEvents(4)
  await answers.firstOf([first!])
  await answers.firstOf([first!, first!])
  expect(answered).toBe(1)
  for (const other of others) await answers.firstOf([other])
  await answers.firstOf([first!])
  expect(answered).toBe(5)
})

test('large frames are not kept, and neither are frames that could not be made', async () => {
  const cache = new FrameCache()
  const [selection, event] = [{}, {}]
  cache.set(selection, event, 'x'.repeat(40_000))
  expect(cache.get(selection, event)).toBeUndefined()
  const failing = Promise.reject(new Error('no'))
  cache.set(selection, event, failing)
  expect(cache.get(selection, event)).toBe(failing)
  await failing.catch(() => {})
  expect(cache.get(selection, event)).toBeUndefined()
  cache.set(selection, event, Promise.resolve('small'))
  await Promise.resolve()
  await Promise.resolve()
  expect(cache.get(selection, event)).toBe('small')
})
