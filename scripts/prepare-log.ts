import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { OperationalError } from '../schema/runtime/errors.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { requireServer } from '../schema/runtime/require-server.ts'

/**
 * Creates the streams that are missing.
 * @throws OperationalError when the server cannot be reached, has no JetStream, or has streams with other settings
 */
export async function prepareLog({ natsUrl, dataDir }: SharedConfig): Promise<void> {
  await requireServer({ url: natsUrl, user: 'admin', dataDir })
  const connection = await connectNats({ url: natsUrl, user: 'admin', name: 'start', dataDir })
  try {
    await applyStreams(await requireJetStream(jetstreamManager(connection), new URL(natsUrl).host))
  } finally {
    await connection.close()
  }
}

async function requireJetStream(manager: Promise<JetStreamManager>, host: string): Promise<JetStreamManager> {
  try {
    return await manager
  } catch (cause) {
    throw new OperationalError(
      `The NATS server at ${host} does not let this user use JetStream (${(cause as Error).message}). Start it with JetStream on (nats-server -js), or use another account.`,
      { cause },
    )
  }
}
