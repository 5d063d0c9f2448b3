import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import Sqlite from 'better-sqlite3'
import { applyStreams } from '../schema/streams.ts'
import { freePort, startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'

export const READ_MODELS = ['posts', 'hourly', 'all-time'] as const
const STOP_TIMEOUT_MS = 8_000
const CLOCK_TICKS_PER_SECOND = 100

/** The real processes over a durable nats-server, in a temporary folder of their own. */
export class Stack implements AsyncDisposable {
  readonly nats: TestNatsServer
  readonly dataDir: string
  readonly port: number
  readonly #processes = new Map<string, ChildProcess>()

  private constructor(nats: TestNatsServer, dataDir: string, port: number) {
    this.nats = nats
    this.dataDir = dataDir
    this.port = port
  }

  static async start(): Promise<Stack> {
    const nats = await startTestNats({ durable: true })
    const connection = await nats.connect()
    await applyStreams(await jetstreamManager(connection))
    await connection.close()
    return new Stack(nats, await mkdtemp(join(tmpdir(), 'gravitas-bench-')), await freePort())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts `node FILE ARGS…` and does not wait for it. */
  launch(name: string, file: string, ...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NATS_URL: this.nats.url,
        DATA_DIR: this.dataDir,
        PORT: String(this.port),
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

  /** Distinct posts in all-time. */
  countedPosts(): number {
    return this.#query('all-time', 'SELECT coalesce(sum(posts), 0) FROM all_time')
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

  /** CPU seconds and the largest resident set (MB) by process; empty where there is no /proc. */
  usage(): { name: string; cpuSeconds: number; peakMegabytes: number }[] {
    const pids: [string, number][] = [['nats-server', this.nats.pid]]
    for (const [name, { pid }] of this.#processes) if (pid !== undefined) pids.push([name, pid])
    return pids.flatMap(([name, pid]) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
        return [{ name, cpuSeconds, peakMegabytes: Number(peak ?? 0) / 1_024 }]
      } catch {
        return []
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((name) => this.stop(name)))
    await this.nats[Symbol.asyncDispose]()
    await rm(this.dataDir, { recursive: true, force: true })
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
