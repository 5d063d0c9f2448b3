import { join } from 'node:path'
import type { Logger } from '../schema/runtime/logger.ts'
import { natsServerProgram } from './nats-program.ts'
import { NatsWatchdog } from './nats-watchdog.ts'
import { ensureSecrets } from './secrets.ts'
import { askHealth, untilHealthy } from './server-health.ts'
import type { StartConfig } from './start-config.ts'
import { SupervisedProcess } from './supervisor.ts'

/** After a crash, recovering a log of many millions of events takes this long at most. */
const READY_TIMEOUT_MS = 120_000

/**
 * Starts nats-server with nats.conf under supervision, and restarts it when it no longer works. {@link untilServerReady}
 * resolves when it can be used.
 */
export async function startOwnServer(config: StartConfig, binary: string, logger: Logger): Promise<AsyncDisposable> {
  const { dataDir, natsPort, monitorPort } = config
  const credentials = await ensureSecrets(dataDir)
  await using stack = new AsyncDisposableStack()
  const program = natsServerProgram({ binary, dataDir, natsPort, monitorPort, credentials })
  const server = stack.use(new SupervisedProcess(program, logger))
  server.start()
  stack.use(new NatsWatchdog({ dataDir, process: server, ask: () => askHealth(config), logger })).start()
  return stack.move()
}

/** Resolves when the server takes connections and has recovered its streams. @throws OperationalError when it does not */
export const untilServerReady = (config: StartConfig): Promise<void> =>
  untilHealthy(config, {
    what: `nats-server (see ${join(config.dataDir, 'nats-server.log')})`,
    timeoutMs: READY_TIMEOUT_MS,
  })
