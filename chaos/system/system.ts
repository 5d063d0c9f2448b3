import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, writeFileSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino, type Logger } from 'pino'
import { connectNats, secretFile, type NatsUser } from '../../schema/runtime/nats.ts'
import { startTestCluster, type TestCluster } from '../../schema/testing/nats-cluster.ts'
import { freePort } from '../../schema/testing/nats-server.ts'
import { NatsWatchdog } from '../../scripts/nats-watchdog.ts'
import { natsServerProgram } from '../../scripts/nats-program.ts'
import { findNatsServer } from '../../scripts/nats-server.ts'
import { NODE_FLAGS } from '../../scripts/node-flags.ts'
import { untilServerReady } from '../../scripts/own-server.ts'
import { prepareLog } from '../../scripts/prepare-log.ts'
import { ensureSecrets, type ServerCredentials } from '../../scripts/secrets.ts'
import type { StartConfig } from '../../scripts/start-config.ts'
import { askHealth } from '../../scripts/server-health.ts'
import { SupervisedProcess, type Program } from '../../scripts/supervisor.ts'
import { DataFolder } from './data-folder.ts'
import { NATS_SERVER, servicePrograms, SERVICES } from './programs.ts'
import { Proxy } from './proxy.ts'

/** Shorter pauses than those of `npm start`, so that a process that is killed several times is soon back. */
const RESTARTS = { firstMs: 200, maxMs: 1_000, healthyMs: 2_000 }
/** Programs that faults start besides the services. They have proxies, too. */
export const INGEST = 'ingest'
export const ERASE = 'erase'

/** The real processes and nats-server with its configuration, supervised as by `npm start`, with proxies in between. */
export class System implements AsyncDisposable {
  readonly folder: DataFolder
  readonly config: StartConfig
  readonly credentials: ServerCredentials
  readonly logger: Logger
  readonly cluster: TestCluster | undefined
  readonly #stack: AsyncDisposableStack
  readonly #programs = new Map<string, Program>()
  readonly #running = new Map<string, SupervisedProcess>()
  #watchdog: NatsWatchdog | undefined
  readonly #proxies = new Map<string, Proxy>()

  private constructor(
    folder: DataFolder,
    config: StartConfig,
    credentials: ServerCredentials,
    stack: AsyncDisposableStack,
    cluster?: TestCluster,
  ) {
    this.folder = folder
    this.cluster = cluster
    this.config = config
    this.credentials = credentials
    this.logger = pino({ level: 'info' }, createWriteStream(join(folder.logDir, 'runner.log')))
    this.#stack = stack
    stack.defer(() => this.#stopAll())
  }

  /** @param isCluster whether three nats-servers without users keep the log, instead of one with nats.conf */
  static async start({ isCluster = false } = {}): Promise<System> {
    const stack = new AsyncDisposableStack()
    try {
      const folder = stack.use(await DataFolder.create())
      process.env['GRAVITAS_NATS_SERVER'] = await findNatsServer()
      const cluster = isCluster ? stack.use(await startTestCluster()) : undefined
      const config = {
        ...(await chooseConfig(folder.dataDir)),
        ...(cluster && { natsUrl: cluster.url, natsReplicas: 3 }),
      }
      const system = new System(folder, config, await ensureSecrets(folder.dataDir), stack, cluster)
      await system.#startAll()
      return system
    } catch (error) {
      await stack.disposeAsync()
      throw error
    }
  }

  get dataDir(): string {
    return this.folder.dataDir
  }

  get url(): string {
    return `http://${this.config.host}:${this.config.port}`
  }

  get names(): readonly string[] {
    return this.cluster === undefined ? [NATS_SERVER, ...SERVICES] : SERVICES
  }

  /** The proxy between a process and NATS. */
  proxy(name: string): Proxy {
    return this.#proxies.get(name)!
  }

  /** The URL at which a process reaches NATS: its proxy, or the servers of the cluster, which tell clients their own addresses. */
  natsUrl(name: string): string {
    return this.cluster?.url ?? this.proxy(name).url
  }

  /** The process id of a program; undefined while it does not run. */
  pid(name: string): number | undefined {
    return this.#running.get(name)?.pid
  }

  /** Sends a signal. The supervisor restarts a process that dies of it. @returns false if the process does not run */
  signal(name: string, signal: NodeJS.Signals): boolean {
    const pid = this.pid(name)
    try {
      return pid !== undefined && process.kill(pid, signal)
    } catch {
      return false
    }
  }

  start(name: string): void {
    const process = new SupervisedProcess(this.#programs.get(name)!, this.logger, RESTARTS)
    this.#running.set(name, process)
    process.start()
    if (name !== NATS_SERVER) return
    // As with the launcher: a server whose disk was full does not write again before it is restarted.
    const { config, logger } = this
    this.#watchdog = new NatsWatchdog({ dataDir: config.dataDir, process, ask: () => askHealth(config), logger })
    this.#watchdog.start()
  }

  async stop(name: string): Promise<void> {
    if (name === NATS_SERVER) this.#watchdog?.[Symbol.dispose]()
    await this.#running.get(name)?.[Symbol.asyncDispose]()
    this.#running.delete(name)
  }

  /** Makes the clock of a service differ from the machine's clock by `ms`. */
  shiftClock(name: string, ms: number): void {
    writeFileSync(this.#clockFile(name), String(ms))
    this.signal(name, 'SIGUSR2')
  }

  /** Connects as a NATS user, without a proxy. */
  connect(user: NatsUser): Promise<NatsConnection> {
    const { natsUrl: url, dataDir } = this.config
    return connectNats({ url, user, name: `chaos ${user}`, dataDir, logger: this.logger })
  }

  /** Makes a data folder with the secret of a user, for a process with files of its own. */
  async makeDataDir(name: string, user: NatsUser): Promise<string> {
    const dataDir = join(this.folder.path, name)
    await mkdir(join(dataDir, 'secrets'), { recursive: true })
    await copyFile(secretFile(this.dataDir, user), secretFile(dataDir, user))
    return dataDir
  }

  /** Runs a program of Gravitas once, outside supervision. Its output goes to a file. */
  run(name: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}): ChildProcess {
    const out = createWriteStream(join(this.folder.logDir, `${name.replaceAll(' ', '-')}.log`), { flags: 'a' })
    const { natsUrl, dataDir, logLevel } = this.config
    const child = spawn(process.execPath, [...NODE_FLAGS, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NATS_URL: natsUrl, DATA_DIR: dataDir, LOG_LEVEL: logLevel, ...settings },
    })
    child.stdout.pipe(out, { end: false })
    child.stderr.pipe(out, { end: false })
    child.once('close', () => out.end())
    return child
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }

  async #startAll(): Promise<void> {
    const { config, credentials, folder } = this
    const binary = await findNatsServer()
    for (const name of [...SERVICES, INGEST, ERASE]) {
      this.#proxies.set(name, this.#stack.use(await Proxy.start(config.natsPort)))
    }
    const services = servicePrograms({
      config,
      logDir: folder.logDir,
      clockFile: (name) => this.#clockFile(name),
      natsUrl: (name) => this.natsUrl(name),
    })
    const server = natsServerProgram({ binary, ...config, credentials })
    for (const program of [server, ...services]) this.#programs.set(program.name, program)
    if (this.cluster === undefined) {
      this.start(NATS_SERVER)
      await untilServerReady(config)
    }
    await prepareLog(config)
    for (const { name } of services) this.start(name)
  }

  async #stopAll(): Promise<void> {
    const services = [...this.#running.keys()].filter((name) => name !== NATS_SERVER)
    for (const name of services) this.signal(name, 'SIGCONT')
    await Promise.all(services.map((name) => this.stop(name)))
    this.signal(NATS_SERVER, 'SIGCONT')
    await this.stop(NATS_SERVER)
  }

  #clockFile(name: string): string {
    return join(this.folder.path, `clock-${name.replaceAll(' ', '-')}`)
  }
}

async function chooseConfig(dataDir: string): Promise<StartConfig> {
  const [port, natsPort] = [await freePort(), await freePort()]
  return {
    natsUrl: `nats://127.0.0.1:${natsPort}`,
    dataDir,
    logLevel: 'info',
    host: '127.0.0.1',
    port,
    natsPort,
    monitorPort: 0,
    ownServer: true,
    source: 'none',
  }
}
