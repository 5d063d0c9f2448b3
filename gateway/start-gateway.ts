import { once } from 'node:events'
import { OperationalError } from '../schema/runtime/errors.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import type { NatsConnection } from '@nats-io/transport-node'
import type { GatewayConfig } from './config.ts'
import type { GatewayContext } from './context.ts'
import { LiveUpdates } from './live-updates.ts'
import { PipelineReader } from './pipeline.ts'
import { ReadModels } from './read-models.ts'
import { createGatewayServer } from './server.ts'
import { ShownModel } from './shown-model.ts'

export interface GatewayService extends Service {
  readonly url: string
}

/** Serves the read models. Without NATS it still answers from them, and says in /readyz that it is not live. */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<GatewayService> {
  const stack = new AsyncDisposableStack()
  const models = stack.use(new ReadModels(config.dataDir))
  const shown = stack.use(new ShownModel(logger, () => models.allTime.queries?.mostUsedModel()))
  const live = stack.use(new LiveUpdates(models, shown, logger))
  const pipeline = new PipelineReader(models, shown)
  const context: GatewayContext = { models, shown, live, pipeline }
  let connection: NatsConnection | undefined
  let connected = false
  let closing = false
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => {})

  const follow = async (): Promise<void> => {
    connection = await connectNats({
      url: config.natsUrl,
      user: 'gateway',
      name: 'gateway',
      dataDir: config.dataDir,
      logger,
    })
    if (closing) return connection.close()
    connected = true
    void watchStatus(connection, (now) => (connected = now))
    void connection.closed().then((error) => {
      if (!closing) fail(error ?? new Error('the connection to NATS was closed'))
    })
    live.follow(connection)
    await Promise.all([shown.follow(connection), pipeline.follow(connection)])
  }

  const isReady = (): string[] => {
    const problems = models
      .all()
      .flatMap(([name, file]) => (file.queries === undefined ? [`${name}.db is not there yet`] : []))
    if (!connected) problems.push('not connected to NATS')
    if (shown.promoted === undefined) problems.push('no model was promoted yet')
    return problems
  }

  try {
    const server = await createGatewayServer(context, isReady, logger)
    await listen(server, config)
    stack.defer(() => {
      closing = true
      server.close()
      server.closeAllConnections()
      return connection?.close()
    })
    follow().catch(fail)
    const { port } = server.address() as { port: number }
    const url = `http://${config.host}:${port}`
    logger.info({ url }, 'gateway listening')
    return { url, failed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function watchStatus(connection: NatsConnection, onChange: (connected: boolean) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') onChange(false)
    else if (type === 'reconnect') onChange(true)
  }
  onChange(false)
}

async function listen(server: import('node:http').Server, { host, port }: GatewayConfig): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const what = taken ? `port ${port} is taken: set PORT to a free one` : (cause as Error).message
    throw new OperationalError(`Cannot listen on ${host}:${port}: ${what}.`, { cause })
  }
}
