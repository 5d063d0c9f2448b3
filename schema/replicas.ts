import {
  JetStreamApiError,
  type JetStreamManager,
  type PeerInfo,
  type StreamInfo,
  type StreamInfoRequestOptions,
} from '@nats-io/jetstream'
import type { ProblemReport } from './problems.ts'
import { OperationalError, NoLeaderError } from './runtime/errors.ts'
import { SOURCE_POSITIONS_BUCKET, STREAM_NAMES } from './streams.ts'

/** The streams whose replicas NATS_REPLICAS sets, with the one under the key-value bucket of the sources. */
const REPLICATED = new Set<string>([...STREAM_NAMES, `KV_${SOURCE_POSITIONS_BUCKET}`])
const NOT_CLUSTERED = 10_074
/** No server of the cluster, or not enough of them, can keep a stream; the message may say why. */
export const NO_SUITABLE_PEERS = 10_005

/**
 * Gives existing streams another number of replicas. The servers copy a stream while it is in use.
 * @returns one sentence for each stream that was changed
 * @throws OperationalError when the cluster has too few servers, or too little room on them
 */
export async function setReplicas(jsm: JetStreamManager, replicas: number): Promise<string[]> {
  const changes: string[] = []
  for await (const { config } of jsm.streams.list()) {
    if (!REPLICATED.has(config.name) || config.num_replicas === replicas) continue
    try {
      await jsm.streams.update(config.name, { num_replicas: replicas })
    } catch (cause) {
      throw explainReplicas(cause, replicas) ?? cause
    }
    changes.push(`Stream ${config.name} gets ${replicas} replicas; it had ${config.num_replicas}.`)
  }
  return changes
}

/** An error that says why there cannot be so many replicas; undefined for an error with another cause. */
export function explainReplicas(cause: unknown, replicas: number): OperationalError | undefined {
  if (!(cause instanceof JetStreamApiError)) return undefined
  const needs = `NATS_REPLICAS=${replicas} needs ${replicas} servers in one cluster, each with JetStream on and enough room`
  if (cause.code === NOT_CLUSTERED)
    return new OperationalError(`${needs}. The server at NATS_URL is not part of a cluster: unset NATS_REPLICAS.`, {
      cause,
    })
  if (cause.code !== NO_SUITABLE_PEERS || replicas === 1) return undefined
  return new OperationalError(`${needs}. Start the missing servers, or set a smaller number (${cause.message}).`, {
    cause,
  })
}

/** A warning if a cluster holds streams of which only one server has a copy. Without a cluster there can be no second copy. */
export function findSingleCopies(infos: readonly StreamInfo[]): ProblemReport[] {
  const single = infos.filter(({ cluster, config }) => cluster?.name !== undefined && config.num_replicas === 1)
  if (single.length === 0) return []
  const names = single.map(({ config }) => config.name).join(', ')
  return [
    {
      code: 'single-copies',
      what: `Only one server of the NATS cluster has a copy of ${names}: if that server is lost, so are its events.`,
      remedy: 'Set NATS_REPLICAS=3 and run npm run streams.',
    },
  ]
}

/** A server that the leader has not heard for this long is down or cut off. Servers contact each other every second. */
const SILENT_NANOS = 10e9
const isSilent = ({ offline, active }: PeerInfo): boolean => offline || active > SILENT_NANOS

/**
 * An error if a stream of a cluster has no leader because half of its servers or more are down: nothing can be stored in
 * it. The state of the stream can still be read from any server, so an answer does not prove that there is a leader. A
 * leader that lost the other servers steps down after about twenty seconds; their silence shows the loss sooner.
 */
export function findStreamsWithoutLeader(infos: readonly StreamInfo[]): ProblemReport[] {
  // The leader is not among its replicas.
  const lacksMajority = (others: readonly PeerInfo[]): boolean =>
    others.filter(isSilent).length >= (others.length + 1) / 2
  const hasNone = ({ cluster }: StreamInfo): boolean =>
    cluster?.name !== undefined && (!cluster.leader || lacksMajority(cluster.replicas ?? []))
  const names = infos.filter(hasNone).map(({ config }) => config.name)
  if (names.length === 0) return []
  return [
    {
      code: 'stream-without-leader',
      what: `Nothing can be stored in ${names.join(', ')}: more than half of the NATS servers with a copy must run and reach each other.`,
      remedy: 'Start the missing NATS servers.',
    },
  ]
}

/**
 * The info of a stream from its leader. While a stream has no leader, any server with a copy answers after some seconds,
 * and that copy may lack events, so that the log would seem to have gone back to an older state.
 * @throws when the stream has no leader, and errors of the request
 */
export async function infoOfLeader(
  jsm: JetStreamManager,
  stream: string,
  options?: Partial<StreamInfoRequestOptions>,
): Promise<StreamInfo> {
  const info = await jsm.streams.info(stream, options)
  if (info.cluster?.name !== undefined && !info.cluster.leader)
    throw new NoLeaderError(`Stream ${stream} has no leader, so its state is not known.`)
  return info
}

/** A warning if servers that keep copies of streams are down. A stream works while more than half of its servers run. */
export function findMissingReplicas(infos: readonly StreamInfo[]): ProblemReport[] {
  const missing = infos.flatMap(({ config, cluster }) =>
    (cluster?.replicas ?? []).filter(isSilent).map(({ name }) => ({ server: name, stream: config.name })),
  )
  return Object.entries(Object.groupBy(missing, ({ server }) => server)).map(([server, copies = []]) => ({
    code: 'replica-missing',
    subject: server,
    what: `The NATS server ${server} does not answer the others: its copies of ${copies.map(({ stream }) => stream).join(', ')} are not up to date.`,
    remedy: 'Start this server, or restore its connection to the others; it then catches up by itself.',
  }))
}
