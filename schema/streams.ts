import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import { DiscardPolicy, JetStreamApiCodes, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { OperationalError, StreamMismatchError } from './runtime/errors.ts'
import { COVERAGE, DEAD, MODELS, POSTS, SCORES, type StreamName } from './subjects.ts'

const GIB = 2 ** 30
const SECOND = 1_000

/**
 * Streams keep everything: limits retention without an age, and a full stream refuses new events rather than dropping
 * old ones. Their duplicate windows only save work: what makes events count once is the ledger in each read model. An id
 * takes about 240 B of the server's memory, and where those of an import fill what GOMEMLIMIT allows, collecting garbage
 * costs the server as much as all its work. Ten seconds cover a publish that is repeated because its answer was late.
 */
const log = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_age: 0,
  max_msgs: -1,
  allow_direct: true,
} as const

const streamDefinitions: Record<StreamName, Partial<StreamConfig> & { name: StreamName; subjects: string[] }> = {
  POSTS: {
    ...log,
    name: POSTS,
    description: 'Posts as they were submitted, and erasures',
    subjects: ['posts.submitted.*', 'posts.erased.*'],
    max_bytes: 512 * GIB,
    duplicate_window: nanos(10 * SECOND),
    allow_atomic: true,
  },
  SCORES: {
    ...log,
    name: SCORES,
    description: 'What each model made of each post',
    subjects: ['scores.*.*'],
    max_bytes: 128 * GIB,
    duplicate_window: nanos(10 * SECOND),
    allow_atomic: true,
  },
  MODELS: {
    ...log,
    name: MODELS,
    description: 'Which model is shown',
    subjects: ['models.promoted'],
    max_bytes: GIB,
    duplicate_window: nanos(30 * SECOND),
  },
  COVERAGE: {
    ...log,
    name: COVERAGE,
    description: 'How much of each hour the sources saw',
    subjects: ['coverage.*'],
    max_bytes: 8 * GIB,
    duplicate_window: nanos(30 * SECOND),
    allow_atomic: true,
  },
  DEAD: {
    ...log,
    name: DEAD,
    description: 'Rejected events with their reasons',
    subjects: ['dead.*'],
    max_bytes: 16 * GIB,
    duplicate_window: nanos(86_400 * SECOND),
  },
}

/**
 * Creates what is missing and leaves the rest alone.
 * @throws StreamMismatchError when an existing stream differs from its definition
 */
export async function applyStreams(jsm: JetStreamManager): Promise<void> {
  for (const definition of Object.values(streamDefinitions)) await applyStream(jsm, definition)
}

async function applyStream(jsm: JetStreamManager, definition: Partial<StreamConfig> & { name: string }): Promise<void> {
  const existing = await findStream(jsm, definition.name)
  const config = existing?.config ?? (await addStream(jsm, definition)).config
  const differences = diffConfig(definition, config)
  if (differences.length > 0) throw new StreamMismatchError(definition.name, differences)
}

const INSUFFICIENT_STORAGE = 10_047
const SMALLEST_STREAM_BYTES = 2 ** 20

/** A server sets max_bytes aside at once: where it has less room than wanted, a stream gets half, or half of that. */
async function addStream(jsm: JetStreamManager, definition: Partial<StreamConfig> & { name: string }) {
  for (let maxBytes = definition.max_bytes ?? -1; ; maxBytes = Math.floor(maxBytes / 2)) {
    try {
      return await jsm.streams.add({ ...definition, max_bytes: maxBytes })
    } catch (error) {
      const tooLarge = error instanceof JetStreamApiError && error.code === INSUFFICIENT_STORAGE
      if (!tooLarge || maxBytes < SMALLEST_STREAM_BYTES) throw error
    }
  }
}

/** The stream's info, or undefined where it does not exist. */
async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw error
  }
}

/**
 * Waits for a stream that another process creates, and checks that it takes atomic batches where its definition says so.
 * A server that does not know them ignores their headers, and events would be stored without them.
 */
export async function requireStream(jsm: JetStreamManager, name: StreamName): Promise<StreamInfo> {
  const info = await findStream(jsm, name)
  if (info === undefined) {
    throw new OperationalError(
      `Stream ${name} does not exist. Start everything with npm start, or run npm run streams.`,
    )
  }
  if (streamDefinitions[name].allow_atomic === true && info.config.allow_atomic !== true) {
    throw new StreamMismatchError(name, ['allow_atomic is off (nats-server 2.12.1 or later is needed)'])
  }
  return info
}

/** Settings that an operator may tune without breaking a promise. */
const TUNABLE = new Set(['description', 'max_bytes', 'duplicate_window', 'num_replicas'])

function diffConfig(wanted: Partial<StreamConfig>, found: StreamConfig): string[] {
  return Object.entries(wanted)
    .filter(([key]) => !TUNABLE.has(key))
    .filter(([key, value]) => JSON.stringify(found[key as keyof StreamConfig]) !== JSON.stringify(value))
    .map(
      ([key, value]) =>
        `${key} is ${JSON.stringify(found[key as keyof StreamConfig])}, expected ${JSON.stringify(value)}`,
    )
}
