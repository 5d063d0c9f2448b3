import type { ConsumerInfo } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { STREAM_NAMES } from '../../schema/streams.ts'
import { healthySample, readModelSample, streamSample } from '../testing/sample.ts'
import { findProblems } from './find-problems.ts'
import type { Sample } from './sample.ts'

const GB = 2 ** 30
const MB = 2 ** 20
const posts = (more: Parameters<typeof readModelSample>[1]): Partial<Sample> => ({
  readModels: [readModelSample('posts', more), readModelSample('hourly'), readModelSample('all-time')],
})
const scores = (config: object, state: object = {}): Partial<Sample> => ({
  streams: STREAM_NAMES.map((name) => (name === 'SCORES' ? streamSample(name, config, state) : streamSample(name))),
})
const disk = (freeBytes: number, totalBytes: number): Partial<Sample> => ({
  disk: { folder: '/data', freeBytes, totalBytes },
})
const paused = (name: string): Partial<Sample> => ({
  consumers: [{ name, stream_name: 'SCORES', paused: true } as ConsumerInfo],
})
const cluster = (replicas: number, state: object): Partial<Sample> => ({
  streams: STREAM_NAMES.map((name) =>
    streamSample(name, { num_replicas: replicas }, {}, 0, { name: 'gravitas', ...state }),
  ),
})
const peer = (name: string, silentSeconds: number): object => ({ name, active: silentSeconds * 1e9 })
const account = (storage: number): Partial<Sample> => ({
  account: { storage, limits: { max_storage: 10 * GB } } as Sample['account'],
})
const scoring = (lagSeconds: number, isCatchingUp: boolean): Partial<Sample> => ({
  scoring: { lag: 7, lagSeconds, isCatchingUp, etaSeconds: undefined },
})
/** The codes of the problems, with what has them. */
const find = (more: Partial<Sample>): string[] =>
  findProblems(healthySample(more)).map(({ code, subject = '' }) => `${code} ${subject}`.trim())

test('a healthy system has no problems', () => expect(find({})).toEqual([]))

test.each<[string, Partial<Sample>, string[]]>([
  ['no connection', { isConnected: false, linkedMs: 0, processes: [] }, ['nats-disconnected']],
  ['no answer of the log', { linkedMs: 0, processes: [] }, ['log-unavailable']],
  ['no promotion', { promoted: undefined }, ['no-model-promoted']],
  ['a promotion without effect', { ignoredPromotion: { sequence: 7, reason: 'x' } }, ['promotion-ignored']],
  ['an unreadable file', posts({ problem: 'posts.db does not exist yet' }), ['read-model-unavailable posts']],
  ['a lag that stays', posts({ lag: 3, lagSeconds: 16, isCatchingUp: false }), ['read-model-behind posts']],
  ['a lag that falls', posts({ lag: 9_000, lagSeconds: 900, isCatchingUp: true }), []],
  ['a short lag', posts({ lag: 3, lagSeconds: 15, isCatchingUp: false }), []],
  ['a lag of unknown age', posts({ lag: 3, lagSeconds: undefined, isCatchingUp: false }), []],
  [
    'a log that went back',
    posts({ aheadOf: [{ stream: 'POSTS', applied: 19, lastSequence: 15 }] }),
    ['read-model-ahead posts POSTS'],
  ],
  ['posts that are not scored', scoring(16, false), ['scoring-behind']],
  ['posts that nobody will score', { unscoredPosts: 500 }, ['posts-without-scores']],
  ['posts that will soon be scored', scoring(900, true), []],
  ['lost events', posts({ lostEvents: 54 }), ['lost-events posts']],
  ['lost events that were accepted', posts({ acceptedLostEvents: 54 }), ['lost-events-accepted posts']],
  ['a sealed stream', scores({ sealed: true }), ['stream-sealed SCORES']],
  ['another retention', scores({ retention: 'workqueue' }), ['stream-differs SCORES']],
  ['a full stream', scores({ max_bytes: 12_000 }), ['stream-full SCORES']],
  [
    'a nearly full stream',
    scores({ max_bytes: 110_000 }, { messages: 100, bytes: 100_000 }),
    ['stream-nearly-full SCORES'],
  ],
  ['a stream with enough messages', scores({ max_msgs: 10 }), ['stream-differs SCORES', 'stream-full SCORES']],
  ['rejected events', { newDeadLetters: 2 }, ['dead-letters-growing']],
  ['single copies', cluster(1, { leader: 'a' }), ['single-copies']],
  ['three copies', cluster(3, { leader: 'a', replicas: [peer('b', 1), peer('c', 1)] }), []],
  ['a missing server', cluster(3, { leader: 'a', replicas: [peer('b', 1), peer('c', 14)] }), ['replica-missing c']],
  ['no leader', cluster(3, { replicas: [] }), ['stream-without-leader']],
  [
    'a paused consumer of a read model',
    paused('projector-hourly-f11e'),
    ['consumer-paused SCORES projector-hourly-f11e'],
  ],
  ['a paused consumer of the shown model', paused('scorer-serious-1'), ['consumer-paused SCORES scorer-serious-1']],
  ['a paused consumer of others', paused('somebody'), []],
  ['a full disk', disk(2 * MB, 500 * GB), ['disk-full']],
  ['a nearly full disk', disk(4 * GB, 500 * GB), ['disk-nearly-full']],
  ['a large disk with little room', disk(20 * GB, 500 * GB), []],
  ['a small disk with room', disk(60 * MB, 64 * MB), []],
  ['a nearly full account', account(9.7 * GB), ['disk-nearly-full account']],
  ['a full account', account(10 * GB), ['disk-full account']],
])('%s', (_, more, expected) => expect(find(more)).toEqual(expected))

test('a stream that is missing, or alone does not answer, is named', () => {
  const streams = STREAM_NAMES.map((name) => streamSample(name))
  const missing = { ...streams[0]!, info: undefined, isMissing: true }
  const silent = { ...streams[1]!, failure: 'timeout' }
  expect(find({ streams: [missing, silent, ...streams.slice(2)] })).toEqual([
    'stream-missing POSTS',
    'log-unavailable SCORES',
  ])
})
