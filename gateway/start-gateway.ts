import { once } from 'node:events'
import type { Server } from 'node:http'
import { SettingsReader } from '../schema/runtime/environment.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayConfig } from './config.ts'
import { Explainer } from './explanations/explainer.ts'
import { ModelFile } from './explanations/model-file.ts'
import { ScoredTexts } from './explanations/scored-texts.ts'
import { findExposure, readHttpConfig } from './http/http-config.ts'
import { drainable } from './http/drain.ts'
import { LiveUpdates } from './live/live-updates.ts'
import { LogLink } from './log-link.ts'
import { LogStatus } from './log/log-status.ts'
import { PipelineReader } from './log/pipeline.ts'
import { ProcessWatch } from './log/process-watch.ts'
import { Promotions } from './log/promotions.ts'
import { Sampler } from './log/sampler.ts'
import { ReadPool } from './read-models/read-pool.ts'
import { ReadModels } from './read-models/read-models.ts'
import { createGatewayServer } from './server.ts'
import { ShownModel } from './log/shown-model.ts'

export interface GatewayService extends Service {
  readonly url: string
}

/**
 * Serves the read models. Without NATS it still answers from them, and /readyz names the missing connection as a
 * problem.
 */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<GatewayService> {
  const stack = new AsyncDisposableStack()
  const models = stack.use(new ReadModels(config.dataDir, logger))
  const reads = stack.use(new ReadPool({ dataDir: config.dataDir, logger }))
  const shown = stack.use(new ShownModel(logger, () => models.allTime.peek?.mostUsedModel()))
  const log = stack.use(new LogStatus(logger))
  const processes = new ProcessWatch({ logger })
  const { dataDir, source, http = readHttpConfig(new SettingsReader({}), config.host) } = config
  const sampler = stack.use(new Sampler({ models, shown, log, processes, dataDir, source }))
  const pipeline = new PipelineReader({ models, shown, sampler })
  const live = stack.use(
    new LiveUpdates({ models, reads, shown, promotions: new Promotions(logger), log, pipeline, logger }),
  )
  const texts = new ScoredTexts()
  const explainer = new Explainer({ models, texts, model: new ModelFile({ folder: config.modelDir, logger }) })
  const link = stack.use(new LogLink(config, logger, { live, shown, processes, log, texts }))
  try {
    const server = await createGatewayServer({ models, reads, shown, live, pipeline, sampler, explainer }, logger, http)
    await listen(server, config)
    const drain = drainable(server)
    stack.defer(() => {
      live.end()
      return drain()
    })
    sampler.start()
    link.open()
    const { port } = server.address() as { port: number }
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
    logger.info({ url }, 'gateway listening')
    const exposure = findExposure(http)
    if (exposure !== undefined) logger.warn(exposure)
    return { url, failed: link.failed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function listen(server: Server, { host, port }: GatewayConfig): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const what = taken ? `port ${port} is taken: set PORT to a free one` : (cause as Error).message
    throw new OperationalError(`Cannot listen on ${host}:${port}: ${what}.`, { cause })
  }
}
