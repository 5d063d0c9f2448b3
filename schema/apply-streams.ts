import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import { DiscardPolicy, JetStreamApiCodes, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { deadSubject } from './dead-letters.ts'
import { EVENT_TYPES, EVENTS, subjectPattern } from './events.ts'
import { explainReplicas, NO_SUITABLE_PEERS } from './replicas.ts'
import { OperationalError, StreamMismatchError } from './runtime/errors.ts'
import {
  DEAD,
  POSTS,
  SOURCE_POSITIONS_BUCKET,
  SOURCE_POSITIONS_STREAM,
  STREAM_NAMES,
  STREAMS,
  type StreamName,
} from './streams.ts'

type Wanted = Partial<StreamConfig> & { name: string; max_bytes: number; num_replicas: number }

const POSITIONS_BYTES = 16 * 2 ** 20

/**
 * The configuration of a stream. Streams keep everything: messages have no maximum age, and a full stream refuses new
 * events instead of dropping old ones.
 */
export function toConfig(name: StreamName, replicas: number): Wanted {
  const { description, maxBytes, duplicateWindowSeconds, isAtomic } = STREAMS[name]
  return {
    name,
    description,
    subjects: subjectsOf(name),
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_bytes: maxBytes,
    duplicate_window: nanos(duplicateWindowSeconds * 1_000),
    num_replicas: replicas,
    allow_direct: true,
    ...(isAtomic ? { allow_atomic: true } : {}),
  }
}

/**
 * The configuration of the key-value bucket of the sources' positions, as clients of key-value buckets expect it, with one
 * value for each key. It is made with the streams, so that no source needs the right to create a stream. Direct gets are
 * off: another replica than the leader may have an older position.
 */
const toPositionsConfig = (replicas: number): Wanted => ({
  name: SOURCE_POSITIONS_STREAM,
  subjects: [`$KV.${SOURCE_POSITIONS_BUCKET}.>`],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: 1,
  max_bytes: POSITIONS_BYTES,
  num_replicas: replicas,
  allow_rollup_hdrs: true,
  deny_delete: true,
  allow_direct: false,
})

/** The subjects that a stream takes: those of its events. */
const subjectsOf = (stream: StreamName): string[] =>
  stream === DEAD
    ? [deadSubject('*')]
    : EVENT_TYPES.filter((type) => EVENTS[type].stream === stream).map((type) => subjectPattern(type))

/**
 * Creates the streams that are missing, with the bucket of the sources' positions, and leaves the rest alone.
 * @param replicas how many servers keep a copy of each new stream; more than one needs a cluster
 * @returns the state of all streams, in the order of their definitions
 * @throws StreamMismatchError when an existing stream differs from its definition, and OperationalError when there
 *   cannot be so many replicas
 */
export async function applyStreams(jsm: JetStreamManager, replicas = 1): Promise<StreamInfo[]> {
  const infos: StreamInfo[] = []
  for (const name of STREAM_NAMES) infos.push(await applyStream(jsm, toConfig(name, replicas)))
  const posts = infos[STREAM_NAMES.indexOf(POSTS)]!
  await applyStream(jsm, toPositionsConfig(posts.config.num_replicas))
  return infos
}

async function applyStream(jsm: JetStreamManager, wanted: Wanted): Promise<StreamInfo> {
  const info = (await findStream(jsm, wanted.name)) ?? (await addStream(jsm, wanted))
  const differences = diffConfig(wanted, info.config)
  if (differences.length > 0) throw new StreamMismatchError(wanted.name, differences)
  return info
}

const INSUFFICIENT_STORAGE = 10_047
const SMALLEST_STREAM_BYTES = 2 ** 20

/**
 * Adds a stream. A server reserves max_bytes at once, so a server with too little room gets half of it, or half of
 * that. A server on which others have reserved everything reserves nothing, and refuses events at its own limit. So do the
 * servers of a cluster with too little room: a cluster learns only after seconds how much room its servers have left, and
 * would let the streams reserve more than there is.
 */
async function addStream(jsm: JetStreamManager, wanted: Wanted): Promise<StreamInfo> {
  for (let maxBytes = wanted.max_bytes; ;) {
    try {
      return await jsm.streams.add({ ...wanted, max_bytes: maxBytes })
    } catch (error) {
      if (isTooLarge(error) && maxBytes >= SMALLEST_STREAM_BYTES) maxBytes = Math.floor(maxBytes / 2)
      else if ((isTooLarge(error) || isTooLargeForCluster(error)) && maxBytes > 0) maxBytes = -1
      else throw explainReplicas(error, wanted.num_replicas) ?? error
    }
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === INSUFFICIENT_STORAGE

const isTooLargeForCluster = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === NO_SUITABLE_PEERS && error.message.includes('storage')

/** The stream's info, or undefined if the stream does not exist. */
async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
    throw error
  }
}

/**
 * Reads the info of a stream that another process creates, and checks that it takes atomic batches if its definition
 * says so. A server that does not know them ignores their headers, and events would be stored without their ids.
 * @throws OperationalError if the stream does not exist, StreamMismatchError if it takes no atomic batches
 */
export async function requireStream(
  jsm: JetStreamManager,
  name: StreamName | typeof SOURCE_POSITIONS_STREAM,
): Promise<StreamInfo> {
  const info = await findStream(jsm, name)
  if (info === undefined) {
    throw new OperationalError(
      `Stream ${name} does not exist. Start everything with npm start, or run npm run streams.`,
    )
  }
  if (name !== SOURCE_POSITIONS_STREAM && STREAMS[name].isAtomic && info.config.allow_atomic !== true) {
    throw new StreamMismatchError(name, ['allow_atomic is off (nats-server 2.12.1 or later is needed)'])
  }
  return info
}

/**
 * Settings that an operator may tune without breaking a promise. Former versions made the bucket of positions without
 * `deny_delete`; no process has the right to delete its messages.
 */
const TUNABLE = new Set(['description', 'max_bytes', 'duplicate_window', 'num_replicas', 'deny_delete'])

/** How an existing stream differs from its definition, in words. */
export const differencesOf = (name: StreamName, found: StreamConfig): string[] => diffConfig(toConfig(name, 1), found)

function diffConfig(wanted: Partial<StreamConfig>, found: StreamConfig): string[] {
  return Object.entries(wanted)
    .filter(([key]) => !TUNABLE.has(key))
    .filter(([key, value]) => JSON.stringify(found[key as keyof StreamConfig]) !== JSON.stringify(value))
    .map(
      ([key, value]) =>
        `${key} is ${JSON.stringify(found[key as keyof StreamConfig])}, expected ${JSON.stringify(value)}`,
    )
}
