import { loadEnvironment } from '../schema/runtime/environment.ts'
import { protectDataDir } from '../schema/runtime/data-dir.ts'
import { createLogger, type Logger } from '../schema/runtime/logger.ts'
import { announce } from './announce.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { findNatsServer } from './nats-server.ts'
import { startOwnServer, untilServerReady } from './own-server.ts'
import { requireFreePorts } from './ports.ts'
import { prepareLog } from './prepare-log.ts'
import { ProcessGroup } from './process-group.ts'
import { requireServer } from '../schema/runtime/require-server.ts'
import { writeNatsContexts } from './secrets.ts'
import { gatewayProgram, workerPrograms, type ServiceProgram } from './service-programs.ts'
import { readStartConfig, toUrl, wantedPorts, type StartConfig } from './start-config.ts'
import { untilAnswers } from './until-answers.ts'
import { stopSignal, StopRequestedError, unlessStopped, untilStopped } from './stop-signal.ts'

const UNSET_NATS_URL = 'Start a NATS server there, or unset NATS_URL so that Gravitas starts its own.'

const GATEWAY_HEAD_START_MS = 3_000

/** The differences between `npm start` and `npm run dev`. */
export interface Mode {
  /** Work that has to be done before a page can be served. */
  readonly prepare?: () => Promise<void>
  /** Changes the gateway's settings, in case another program listens on the page's port. */
  readonly configureGateway?: (config: StartConfig) => Promise<StartConfig>
  /** The path that has to answer before the address is printed; by default `/`. */
  readonly firstPage?: string
  /** Starts further programs; they stop before the services. `gatewayUrl` is where the gateway listens. */
  readonly accompany?: (context: {
    config: StartConfig
    gatewayUrl: string
    services: ProcessGroup<ServiceProgram>
    logger: Logger
  }) => AsyncDisposable
}

/** Starts everything, prints the page's address, and keeps everything running until a signal asks to stop. */
export async function launch(mode: Mode): Promise<void> {
  const signal = stopSignal()
  const env = loadEnvironment()
  Object.assign(process.env, env)
  const config = readStartConfig(env)
  const logger = createLogger('start', config.logLevel)
  try {
    await using stack = new AsyncDisposableStack()
    try {
      await startAll({ mode, config, logger, signal, stack })
      await untilStopped(signal)
    } finally {
      if (signal.aborted) logger.info({ reason: (signal.reason as Error).message }, 'stopping')
    }
  } catch (error) {
    if (!(error instanceof StopRequestedError)) throw error
  }
}

interface Launch {
  readonly mode: Mode
  readonly config: StartConfig
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly stack: AsyncDisposableStack
}

async function startAll({ mode, config, logger, signal, stack }: Launch): Promise<void> {
  stack.use(await lockDataDir(config.dataDir))
  protectDataDir(config, logger)
  const binary = await unlessStopped(signal, checkAndPrepare(config, mode))
  if (binary !== undefined) stack.use(await startOwnServer(config, binary, logger))
  await writeNatsContexts(config.dataDir, config.natsUrl)
  const gatewayConfig = (await mode.configureGateway?.(config)) ?? config
  const gatewayUrl = toUrl(gatewayConfig.host, gatewayConfig.port)
  const services = stack.use(new ProcessGroup<ServiceProgram>(logger))
  // The gateway can answer without the log, so it starts while the server does.
  services.start([gatewayProgram(gatewayConfig)])
  if (config.ownServer) await unlessStopped(signal, untilServerReady(config))
  for (const sentence of await unlessStopped(signal, prepareLog(config))) logger.warn(sentence)
  // The gateway gets a head start, because the workers would slow it down on few cores. If it hangs, the workers start
  // nevertheless.
  const gatewayUp = untilAnswers(`${gatewayUrl}/healthz`, { what: 'The gateway', timeoutMs: GATEWAY_HEAD_START_MS })
  await unlessStopped(
    signal,
    gatewayUp.catch(() => {}),
  )
  services.start(workerPrograms(config))
  if (mode.accompany !== undefined) stack.use(mode.accompany({ config, gatewayUrl, services, logger }))
  const url = toUrl(config.host, config.port)
  await unlessStopped(signal, announce({ url, firstPage: mode.firstPage ?? '/', gatewayUrl }))
}

/**
 * Checks everything that can be wrong before anything runs. @returns the nats-server to start; undefined if NATS_URL is
 * set
 */
async function checkAndPrepare(config: StartConfig, { prepare }: Mode): Promise<string | undefined> {
  const { ownServer, natsUrl: url, dataDir } = config
  await requireFreePorts(wantedPorts(config))
  const server = ownServer
    ? findNatsServer()
    : requireServer({ url, user: 'admin', dataDir, advice: UNSET_NATS_URL }).then(() => undefined)
  const [binary] = await Promise.all([server, prepare?.()])
  return binary
}
