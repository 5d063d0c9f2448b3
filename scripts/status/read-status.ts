import { jetstreamManager } from '@nats-io/jetstream'
import { connectNats } from '../../schema/runtime/nats.ts'
import { requireServer } from '../../schema/runtime/require-server.ts'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import type { Problem } from '../../schema/problems.ts'
import type { StatusConfig } from './config.ts'
import { listConsumers, readConsumers, type ConsumerStatus } from './consumers.ts'
import { readDisk, type DiskStatus } from './disk.ts'
import { readModel, type ModelStatus } from './model.ts'
import { readReadModel, type ReadModelStatus } from './read-models.ts'
import { readStreams, type StreamStatus } from './streams.ts'

/** The document that `npm run status -- --json` prints. Sizes are in bytes, ages in seconds. */
export interface Status {
  /** As the gateway's /readyz lists them. */
  readonly problems: readonly Problem[]
  readonly model: ModelStatus
  /** Rejected events that wait in DEAD. */
  readonly deadLetters: number
  readonly streams: readonly StreamStatus[]
  readonly consumers: readonly ConsumerStatus[]
  readonly readModels: readonly ReadModelStatus[]
  readonly disk: DiskStatus
}

/** @throws OperationalError when no server answers within seconds */
export async function readStatus(
  { natsUrl: url, dataDir, modelDir }: StatusConfig,
  problems: readonly Problem[],
): Promise<Status> {
  await requireServer({ url, user: 'status', dataDir })
  const connection = await connectNats({ url, user: 'status', name: 'status', dataDir })
  try {
    const jsm = await jetstreamManager(connection)
    const streams = await readStreams(jsm)
    const consumers = await listConsumers(jsm, streams)
    return {
      problems,
      model: await readModel(jsm, modelDir, consumers),
      deadLetters: streams.find(({ name }) => name === 'DEAD')?.messages ?? 0,
      streams,
      consumers: await readConsumers(jsm, consumers),
      readModels: READ_MODEL_NAMES.map((name) => readReadModel(dataDir, name)),
      disk: await readDisk(dataDir),
    }
  } finally {
    await connection.close()
  }
}
