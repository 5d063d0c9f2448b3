import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { OperationalError } from '../schema/runtime/errors.ts'
import { loadEnvironment, SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { createLogger, type Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { applyStreams } from '../schema/streams.ts'
import { buildWeb } from './build-web.ts'
import { lockDataDir, natsPidFile } from './data-dir-lock.ts'
import { findNatsServer } from './nats-server.ts'
import { requireFreePorts, type WantedPort } from './ports.ts'
import { ensureSecrets, writeNatsContext, type Secrets } from './secrets.ts'
import { SupervisedProcess, type Program } from './supervisor.ts'

const READY_TIMEOUT_MS = 60_000
const MONITOR_OFFSET = 4_000

interface StartConfig extends ReturnType<typeof readSharedConfig> {
  readonly host: string
  readonly port: number
  readonly natsPort: number
  readonly monitorPort: number
  readonly ownServer: boolean
  readonly source: string
}

function readStartConfig(env: Environment): StartConfig {
  const read = new SettingsReader(env)
  const natsPort = read.integer('NATS_PORT', 4222, { min: 1, max: 65_535 })
  const monitorDefault = natsPort + MONITOR_OFFSET > 65_535 ? natsPort - MONITOR_OFFSET : natsPort + MONITOR_OFFSET
  return read.done({
    ...readSharedConfig(read),
    host: read.string('HOST', '127.0.0.1'),
    port: read.integer('PORT', 4000, { min: 1, max: 65_535 }),
    natsPort,
    monitorPort: read.integer('NATS_MONITOR_PORT', monitorDefault, { min: 1, max: 65_535 }),
    ownServer: read.optional('NATS_URL') === undefined,
    source: read.oneOf('SOURCE', 'demo', ['demo', 'none']),
  })
}

async function main(): Promise<void> {
  const stop = stopSignal()
  const env = loadEnvironment()
  Object.assign(process.env, env)
  const config = readStartConfig(env)
  const logger = createLogger('start', config.logLevel)
  await using stack = new AsyncDisposableStack()
  stack.use(await lockDataDir(config.dataDir))
  await requireFreePorts(wantedPorts(config))
  await buildWeb()
  const secrets = config.ownServer ? await ensureSecrets(config.dataDir) : undefined
  if (secrets !== undefined) stack.use(await startServer(config, secrets, logger))
  await writeNatsContext(config.dataDir, config.natsUrl, secrets?.admin)
  await prepareLog(config)
  const processes = programs(config).map((program) => new SupervisedProcess(program, logger))
  // All at once, since each finishes its own work: only nats-server has to outlive them.
  stack.defer(async () => void (await Promise.all(processes.map((running) => running[Symbol.asyncDispose]()))))
  for (const starting of processes) starting.start()
  const url = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${config.port}`
  await Promise.race([untilAnswers(`${url}/healthz`, 'the gateway'), stop])
  process.stdout.write(`\n  Gravitas is running: ${url}\n  Ctrl-C stops it.\n\n`)
  logger.info({ reason: await stop }, 'stopping')
}

/** Resolves at the first signal; a second one ends the launcher at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        resolve(signal)
      })
    }
  })
}

function wantedPorts({ host, port, natsPort, monitorPort, ownServer }: StartConfig): WantedPort[] {
  const loopback = '127.0.0.1'
  const web = { setting: 'PORT', host, port }
  if (!ownServer) return [web]
  const monitor = { setting: 'NATS_MONITOR_PORT', host: loopback, port: monitorPort }
  return [web, { setting: 'NATS_PORT', host: loopback, port: natsPort }, monitor]
}

async function startServer(config: StartConfig, secrets: Secrets, logger: Logger): Promise<AsyncDisposable> {
  const { dataDir, natsPort, monitorPort } = config
  const passwords = Object.entries(secrets).map(([user, secret]) => [`NATS_${user.toUpperCase()}_PASSWORD`, secret])
  const server = new SupervisedProcess(
    {
      name: 'nats-server',
      command: await findNatsServer(),
      args: ['-c', 'nats.conf', '-l', join(dataDir, 'nats-server.log')],
      env: {
        ...Object.fromEntries(passwords),
        NATS_LISTEN: `"127.0.0.1:${natsPort}"`,
        NATS_MONITOR: `"127.0.0.1:${monitorPort}"`,
        JETSTREAM_DIR: JSON.stringify(join(dataDir, 'jetstream')),
        // A soft limit: the server collects garbage harder before it grows past it.
        GOMEMLIMIT: process.env['GOMEMLIMIT'] ?? '256MiB',
      },
      watchesLauncher: false,
      output: 'ignore',
      onStart: (pid) => writeFileSync(natsPidFile(dataDir), String(pid)),
    },
    logger,
  )
  server.start()
  try {
    await untilAnswers(
      `http://127.0.0.1:${monitorPort}/healthz`,
      `nats-server (see ${join(dataDir, 'nats-server.log')})`,
    )
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

async function prepareLog(config: StartConfig): Promise<void> {
  const connection = await connectNats({ url: config.natsUrl, user: 'admin', name: 'start', dataDir: config.dataDir })
  try {
    await applyStreams(await jetstreamManager(connection))
  } finally {
    await connection.close()
  }
}

/** In the order of starting. The gateway comes first, so that the page is up soonest. */
function programs({ source, natsUrl }: StartConfig): Program[] {
  const node = (name: string, ...args: string[]): Program => ({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...args],
    env: { NATS_URL: natsUrl, NODE_ENV: 'production' },
    watchesLauncher: true,
  })
  const projectors = ['posts', 'hourly', 'all-time'].map((name) =>
    node(`projector ${name}`, 'projections/main.ts', name),
  )
  const ingest = { ...node('ingest', 'ingest/main.ts'), mayFinish: true }
  return [
    node('gateway', 'gateway/main.ts'),
    ...projectors,
    node('scorer', 'scorer/main.ts'),
    ...(source === 'none' ? [] : [ingest]),
  ]
}

async function untilAnswers(url: string, what: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    try {
      if ((await fetch(url)).ok) return
    } catch {
      // Not up yet.
    }
    await pause(50)
  }
  throw new OperationalError(`${what} did not come up within ${READY_TIMEOUT_MS / 1_000} s.`)
}

await runCommand(main)
