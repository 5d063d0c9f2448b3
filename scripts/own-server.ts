import { join } from 'node:path'
import type { Logger } from '../schema/runtime/logger.ts'
import { natsServerProgram } from './nats-program.ts'
import { askHealth, NatsWatchdog } from './nats-watchdog.ts'
import { ensureSecrets } from './secrets.ts'
import type { StartConfig } from './start-config.ts'
import { SupervisedProcess } from './supervisor.ts'
import { untilAnswers } from './until-answers.ts'

/** After a crash, recovering a log of many millions of events takes this long at most. */
const READY_TIMEOUT_MS = 120_000

/**
 * Starts nats-server with nats.conf under supervision, and restarts it when it no longer works. {@link untilServerReady}
 * resolves when it can be used.
 */
export async function startOwnServer(config: StartConfig, binary: string, logger: Logger): Promise<AsyncDisposable> {
  const { dataDir, natsPort, monitorPort } = config
  const secrets = await ensureSecrets(dataDir)
  await using stack = new AsyncDisposableStack()
  const program = natsServerProgram({ binary, dataDir, natsPort, monitorPort, secrets })
  const server = stack.use(new SupervisedProcess(program, logger))
  server.start()
  stack.use(new NatsWatchdog({ dataDir, process: server, ask: () => askHealth(monitorPort), logger })).start()
  return stack.move()
}

/** Resolves when the server takes connections and has recovered its streams. @throws OperationalError when it does not */
export const untilServerReady = ({ dataDir, monitorPort }: StartConfig): Promise<void> =>
  untilAnswers(`http://127.0.0.1:${monitorPort}/healthz`, {
    what: `nats-server (see ${join(dataDir, 'nats-server.log')})`,
    timeoutMs: READY_TIMEOUT_MS,
  })
