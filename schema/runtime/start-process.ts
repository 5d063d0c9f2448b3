import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Health, startHeartbeat } from '../heartbeat.ts'
import { makeNewFilesPrivate } from './data-dir.ts'
import type { Service } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import { connectNats, type NatsUser } from './nats.ts'
import { onceLed } from './once-led.ts'

export interface ProcessOptions {
  readonly user: NatsUser
  /** The name of the process for people; it may change while the process starts. */
  readonly name: () => string
  readonly config: { readonly natsUrl: string; readonly dataDir: string }
  readonly logger: Logger
}

export interface ProcessParts {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly health: Health
  /** Call it with the error after which the process can no longer do its work. */
  readonly fail: (error: unknown) => void
}

/**
 * Connects a process to NATS, sends its heartbeat, and then starts its parts, so that the heartbeat can say why they do
 * not start. The process also fails when the connection is closed for good.
 * @param stack holds what is disposed with the process, in reverse order. The parts put what they start on it.
 */
export async function startProcess(
  { user, name, config, logger }: ProcessOptions,
  stack: AsyncDisposableStack,
  startParts: (parts: ProcessParts) => Promise<void>,
): Promise<Service> {
  makeNewFilesPrivate()
  const health = new Health()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch((error: unknown) => health.failed(error))
  let isStopping = false
  try {
    const { natsUrl: url, dataDir } = config
    const connection = await connectNats({ url, user, name: name(), dataDir, logger })
    stack.defer(() => connection.close())
    stack.use(startHeartbeat({ connection, user, name, health }))
    void connection.closed().then((error) => {
      if (!isStopping) fail(error ?? new Error('the connection to NATS was closed'))
    })
    const jsm = await onceLed(() => jetstreamManager(connection))
    await startParts({ connection, jsm, health, fail })
    return {
      failed,
      [Symbol.asyncDispose]: () => {
        isStopping = true
        return stack.disposeAsync()
      },
    }
  } catch (error) {
    health.failed(error)
    await stack.disposeAsync()
    throw error
  }
}
