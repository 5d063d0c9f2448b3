import type { StreamInfo } from '@nats-io/jetstream'
import type { Heartbeat } from '../../schema/heartbeat.ts'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { toConfig } from '../../schema/apply-streams.ts'
import { STREAM_NAMES, type StreamName } from '../../schema/streams.ts'
import type { StreamSample } from '../log/log-status.ts'
import type { ProcessSample } from '../log/process-watch.ts'
import type { ReadModelSample } from '../log/read-model-progress.ts'
import type { Sample } from '../log/sample.ts'

const GB = 2 ** 30

export const heartbeat = (name: string, more: Partial<Heartbeat> = {}): Heartbeat => ({
  name,
  instance: `${name} 1`,
  host: 'here',
  pid: 100,
  version: '1.0.0',
  startedAt: '2026-11-20T13:00:00Z',
  state: 'running',
  lag: null,
  lastError: null,
  problems: [],
  fileId: null,
  ...more,
})

const runningProcess = (name: string): ProcessSample => ({
  heartbeat: heartbeat(name),
  state: 'running',
  ageMs: 60_000,
  silentMs: 500,
  endedMs: 0,
  seenAtMs: 0,
})

export const streamSample = (
  name: StreamName,
  config: object = {},
  state: object = {},
  askedAtMs = 0,
  cluster?: object,
): StreamSample => ({
  name,
  info: {
    config: { ...toConfig(name, 1), num_replicas: 1, sealed: false, ...config },
    state: { messages: 10, bytes: 10_000, last_seq: 10, ...state },
    cluster,
  } as unknown as StreamInfo,
  isMissing: false,
  askedAtMs,
  failure: undefined,
})

export const readModelSample = (
  name: ReadModelSample['name'],
  more: Partial<ReadModelSample> = {},
): ReadModelSample => ({
  name,
  problem: undefined,
  fileId: 'f11e',
  checkpoints: [],
  lostEvents: 0,
  acceptedLostEvents: 0,
  lag: 0,
  lagSeconds: 0,
  aheadOf: [],
  isCatchingUp: true,
  etaSeconds: undefined,
  ...more,
})

/** A system without problems, in which a test changes something. */
export const healthySample = (more: Partial<Sample> = {}): Sample => ({
  isConnected: true,
  linkedMs: 60_000,
  streams: STREAM_NAMES.map((name) => streamSample(name)),
  consumers: [],
  account: undefined,
  scoring: undefined,
  readModels: READ_MODEL_NAMES.map((name) => readModelSample(name)),
  processes: [...READ_MODEL_NAMES.map((name) => `projector ${name}`), 'scorer serious-1', 'eraser'].map(runningProcess),
  host: 'here',
  source: undefined,
  promoted: 'serious-1',
  ignoredPromotion: undefined,
  disk: { folder: '/data', freeBytes: 100 * GB, totalBytes: 500 * GB },
  unscoredPosts: 0,
  newDeadLetters: 0,
  ...more,
})
