import { expect, test } from 'vitest'
import { Health } from '../../schema/heartbeat.ts'
import { SimulatedClock } from '../testing/simulated-clock.ts'
import { SourceSilence } from './source-silence.ts'

const posts = { what: 'new posts' }
const spare = { what: 'old posts', urgency: 'spare' } as const
const codes = ({ problems }: Health): string[] => problems.list.map(({ code }) => code)

test('a source is silent once its requests have failed for ten seconds, until one succeeds', async () => {
  const clock = new SimulatedClock(0)
  const health = new Health()
  const silence = new SourceSilence(clock, health)
  silence.failed(posts, new Error('503'), { waitMs: 1_000 })
  expect(codes(health)).toEqual([])
  await clock.pass(4_000)
  silence.succeeded(spare)
  silence.failed(posts, new Error('503 again'), { waitMs: 6_000 })
  expect(health.problems.list[0]?.what).toBe('The source cannot be read: new posts: 503 again.')
  silence.succeeded(posts)
  expect(codes(health)).toEqual([])
  silence.failed(posts, new Error('503'), { waitMs: 6_000 })
  silence.failed(spare, new Error('503'), { waitMs: 600_000 })
  expect(codes(health)).toEqual([])
})

test('the time for which a request got no answer counts', () => {
  const health = new Health()
  new SourceSilence(new SimulatedClock(0), health).failed(posts, new Error('no answer within 15 s'), {
    silentMs: 15_000,
  })
  expect(codes(health)).toEqual(['source-silent'])
})
