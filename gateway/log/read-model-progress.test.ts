import type { ConsumerInfo } from '@nats-io/jetstream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { streamSample } from '../testing/sample.ts'
import { TestGateway } from '../testing/test-gateway.ts'
import { consumerOf, ReadModelProgress, type ReadModelSample } from './read-model-progress.ts'
import { ScoringProgress } from './scoring-progress.ts'

let gateway: TestGateway
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  gateway = new TestGateway()
})
afterEach(() => {
  vi.useRealTimers()
  gateway[Symbol.dispose]()
})

const addScore = (id: string) => gateway.files.add({ id, subreddit: 'aa', createdUtc: 1_764_000_000, seriousness: 1 })
function setLog(lastSequence: number, askedAtMs: number): void {
  const streams = (['POSTS', 'SCORES'] as const).map((name) =>
    streamSample(name, {}, { last_seq: lastSequence }, askedAtMs),
  )
  vi.spyOn(gateway.log, 'samples', 'get').mockReturnValue(streams)
}
const setConsumer = (consumer: object): void =>
  void vi.spyOn(gateway.log, 'consumers', 'get').mockReturnValue([consumer as ConsumerInfo])
const follow = (name: ReadModelSample['name']) => {
  const progress = new ReadModelProgress(name, gateway.context.models.files.get(name)!, gateway.log)
  return (atMs: number): ReadModelSample => {
    vi.advanceTimersByTime(1_000)
    return progress.sample(atMs)
  }
}

test('a read model is ahead only of a log that was read after its checkpoint, because both advance', () => {
  const sample = follow('all-time')
  addScore('a')
  setLog(0, 900)
  expect(sample(1_000).aheadOf).toEqual([])
  expect(sample(1_500).aheadOf).toEqual([])
  setLog(0, 1_600)
  expect(sample(2_000).aheadOf).toEqual([{ stream: 'SCORES', applied: 1, lastSequence: 0 }])
  setLog(1, 2_100)
  expect(sample(2_500).aheadOf).toEqual([])
})

test('the age of the oldest event is asked for only if it was in the log at the sample before', () => {
  const ageMs = vi.spyOn(gateway.log, 'ageMs').mockReturnValue(20_000)
  const sample = follow('all-time')
  addScore('a')
  setLog(1, 900)
  expect(sample(1_000)).toMatchObject({ lag: 0, lagSeconds: 0 })
  setLog(2, 1_400)
  expect(sample(1_500)).toMatchObject({ lag: 1, lagSeconds: 0 })
  expect(ageMs).not.toHaveBeenCalled()
  expect(sample(2_000)).toMatchObject({ lag: 1, lagSeconds: 20 })
  expect(ageMs).toHaveBeenLastCalledWith('SCORES', 2)
  ageMs.mockReturnValue(undefined)
  expect(sample(2_500)).toMatchObject({ lag: 1, lagSeconds: undefined })
})

test('erasures that were delivered or not, and are not applied, count as lag of a read model that takes no posts', () => {
  vi.spyOn(gateway.log, 'ageMs').mockReturnValue(20_000)
  const sample = follow('all-time')
  setLog(0, 900)
  const name = consumerOf({ name: 'all-time', fileId: undefined })
  setConsumer({ name, stream_name: 'POSTS', num_pending: 1, num_ack_pending: 2 })
  expect(sample(1_000)).toMatchObject({ lag: 3, lagSeconds: 20 })
})

test('a read model that applies scores and no erasures is not catching up', () => {
  vi.spyOn(gateway.log, 'ageMs').mockReturnValue(20_000)
  const sample = follow('all-time')
  const name = consumerOf({ name: 'all-time', fileId: undefined })
  setConsumer({ name, stream_name: 'POSTS', num_pending: 3, num_ack_pending: 0 })
  for (let atMs = 1_000; atMs <= 7_000; atMs += 1_000) {
    for (let number = 0; number < 20; number++) addScore(String(atMs + number))
    setLog(atMs / 50, atMs - 100)
    const isCatchingUp = atMs < 6_000
    expect(sample(atMs)).toMatchObject({ lag: 3, isCatchingUp })
  }
})

test('posts that no scorer has taken are the lag of scoring; other models’ scorers do not count', () => {
  vi.spyOn(gateway.log, 'ageMs').mockReturnValue(16_000)
  const progress = new ScoringProgress(gateway.log)
  const consumer = { stream_name: 'POSTS', num_pending: 7, num_ack_pending: 2, delivered: { stream_seq: 40 } }
  setConsumer({ ...consumer, name: 'scorer-serious-1' })
  expect(progress.sample(0, undefined)).toBeUndefined()
  expect(progress.sample(0, 'serious-2')).toBeUndefined()
  for (let atMs = 0; atMs < 6_000; atMs += 500) progress.sample(atMs, 'serious-1')
  expect(progress.sample(6_000, 'serious-1')).toMatchObject({ lag: 7, lagSeconds: 16, isCatchingUp: false })
})
