import { JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { errors, type NatsConnection } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { applyStreams } from '../schema/apply-streams.ts'
import { findSingleCopies, setReplicas } from '../schema/replicas.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { describeServers } from '../schema/runtime/nats-servers.ts'
import { requireServer } from '../schema/runtime/require-server.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'

/** A cluster without a leader answers with this error, or not at all. It elects one within about ten seconds. */
const CLUSTER_NOT_AVAILABLE = 10_008
const ELECTION_RETRIES = { retries: 3, minTimeout: 1_000, maxTimeout: 2_000 } as const

/**
 * Creates the streams that are missing. If NATS_REPLICAS is set, existing streams get as many replicas, too; otherwise
 * they keep theirs.
 * @returns sentences for the operator about changes that were made and about problems
 * @throws OperationalError when the server cannot be reached, has no JetStream, or has streams with other settings
 */
export async function prepareLog({ natsUrl, natsReplicas, dataDir }: SharedConfig): Promise<string[]> {
  await requireServer({ url: natsUrl, user: 'admin', dataDir })
  const connection = await connectNats({ url: natsUrl, user: 'admin', name: 'start', dataDir })
  try {
    const jsm = await requireJetStream(connection, describeServers(natsUrl))
    const infos = await applyStreams(jsm, natsReplicas)
    const changes = natsReplicas === undefined ? [] : await setReplicas(jsm, natsReplicas)
    // Without changes the infos are still true; with changes every stream has as many copies as was asked for.
    const warnings = changes.length === 0 ? findSingleCopies(infos) : []
    return [...changes, ...warnings.map(({ what, remedy }) => `${what} ${remedy}`)]
  } finally {
    await connection.close()
  }
}

async function requireJetStream(connection: NatsConnection, servers: string): Promise<JetStreamManager> {
  try {
    return await pRetry(() => jetstreamManager(connection), {
      ...ELECTION_RETRIES,
      shouldRetry: ({ error }) => isElecting(error),
    })
  } catch (cause) {
    const { message } = cause as Error
    throw new OperationalError(
      isElecting(cause)
        ? `The NATS cluster at ${servers} has no leader (${message}). Start more of its servers: more than half of them must run.`
        : `The NATS server at ${servers} does not let this user use JetStream (${message}). Start it with JetStream on (nats-server -js), or use another account.`,
      { cause },
    )
  }
}

const isElecting = (error: unknown): boolean =>
  error instanceof errors.TimeoutError || (error instanceof JetStreamApiError && error.code === CLUSTER_NOT_AVAILABLE)
