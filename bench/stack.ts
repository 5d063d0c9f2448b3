import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { connectNats } from '../schema/runtime/nats.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { freePort } from '../schema/testing/nats-server.ts'
import { natsServerProgram } from '../scripts/nats-program.ts'
import { findNatsServer } from '../scripts/nats-server.ts'
import { GATEWAY_FLAGS, NODE_FLAGS } from '../scripts/node-flags.ts'
import { ensureSecrets } from '../scripts/secrets.ts'
import { readUsage, type Usage } from './usage.ts'

const STOP_TIMEOUT_MS = 8_000

/** The real processes and the real nats-server with its configuration, in a temporary folder. */
export class Stack implements AsyncDisposable {
  readonly dataDir: string
  readonly natsUrl: string
  readonly url: string
  readonly #port: number
  readonly #processes = new Map<string, ChildProcess>()

  private constructor(dataDir: string, natsPort: number, port: number) {
    this.dataDir = dataDir
    this.natsUrl = `nats://127.0.0.1:${natsPort}`
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<Stack> {
    const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-bench-'))
    const [natsPort, port] = [await freePort(), await freePort()]
    const stack = new Stack(dataDir, natsPort, port)
    const [binary, credentials] = [await findNatsServer(), await ensureSecrets(dataDir)]
    const { name, command, args, env } = natsServerProgram({ binary, dataDir, natsPort, monitorPort: 0, credentials })
    stack.#processes.set(
      name,
      spawn(command, [...args], { stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, ...env } }),
    )
    await using connection = await stack.connect()
    await applyStreams(await jetstreamManager(connection.nats))
    return stack
  }

  /** A connection as the administrator. */
  async connect(): Promise<{ readonly nats: NatsConnection } & AsyncDisposable> {
    const { natsUrl: url, dataDir } = this
    const nats = await connectNats({ url, user: 'admin', name: 'bench', dataDir })
    return { nats, [Symbol.asyncDispose]: () => nats.close() }
  }

  /** Starts `node FILE ARGS…` and does not wait for it. */
  launch(name: string, file: string, ...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [...(name === 'gateway' ? GATEWAY_FLAGS : NODE_FLAGS), file, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NATS_URL: this.natsUrl,
        DATA_DIR: this.dataDir,
        PORT: String(this.#port),
        LOG_LEVEL: 'warn',
        NODE_ENV: 'production',
      },
    })
    this.#processes.set(name, child)
    return child
  }

  launchProjector(name: string): ChildProcess {
    return this.launch(`projector ${name}`, 'projections/main.ts', name)
  }

  async stop(name: string): Promise<void> {
    const child = this.#processes.get(name)
    this.#processes.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill('SIGTERM')
    await once(child, 'exit')
    clearTimeout(timer)
  }

  /** The last applied sequence of a stream; 0 before the first. */
  checkpoint(readModel: string, stream: string): number {
    return this.#query(readModel, `SELECT sequence FROM checkpoints WHERE stream = '${stream}'`)
  }

  /** The number of distinct posts in all-time. */
  countedPosts(): number {
    return this.#query('all-time', 'SELECT coalesce(sum(posts), 0) FROM all_time')
  }

  /** The CPU and memory of every running process. */
  usage(): Usage[] {
    return readUsage([...this.#processes].flatMap(([name, { pid }]) => (pid === undefined ? [] : [{ name, pid }])))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ours = [...this.#processes.keys()].filter((name) => name !== 'nats-server')
    await Promise.all(ours.map((name) => this.stop(name)))
    await this.stop('nats-server')
    await rm(this.dataDir, { recursive: true, force: true })
  }

  #query(readModel: string, sql: string): number {
    try {
      const database = new Sqlite(join(this.dataDir, `${readModel}.db`), { readonly: true, fileMustExist: true })
      const value = database.prepare<[], number>(sql).pluck().get() ?? 0
      database.close()
      return value
    } catch {
      return 0
    }
  }
}

/** Polls until `done` holds. @throws after `timeoutMs` */
export async function until(done: () => boolean | Promise<boolean>, timeoutMs: number, what: string): Promise<void> {
  const start = performance.now()
  while (!(await done())) {
    if (performance.now() - start > timeoutMs) throw new Error(`gave up waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
