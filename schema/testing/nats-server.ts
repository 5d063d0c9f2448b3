import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { connect, type NatsConnection } from '@nats-io/transport-node'

/** A free port on loopback, chosen by the system. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export interface TestNatsServer extends AsyncDisposable {
  readonly url: string
  readonly storeDir: string
  readonly pid: number
  /** A plain connection without credentials. */
  connect(): Promise<NatsConnection>
  /** Sends SIGKILL, to simulate a crash. */
  kill(): Promise<void>
  /** Starts again on the same port and store. */
  restart(): Promise<void>
}

export interface TestNatsOptions {
  /** `sync_interval: always`, as nats.conf has it; off by default, because no test needs to survive a power cut. */
  readonly durable?: boolean
  /** Further lines of the configuration. */
  readonly more?: string
  /** Where the store is created; by default the system's folder for temporary files. */
  readonly folder?: string
}

/**
 * A real nats-server without users on a free port, with its own temporary store.
 * The binary is the one that set-up found: `GRAVITAS_NATS_SERVER`, else `nats-server` on the PATH.
 */
export async function startTestNats({
  durable = false,
  folder = tmpdir(),
  more = '',
}: TestNatsOptions = {}): Promise<TestNatsServer> {
  const storeDir = await mkdtemp(join(folder, 'gravitas-nats-'))
  const port = await freePort()
  const url = `nats://127.0.0.1:${port}`
  const options = { port, storeDir, durable, more }
  let server = await launchTestNats(options)
  const kill = (): Promise<void> => server.kill()
  return {
    url,
    storeDir,
    get pid() {
      return server.pid
    },
    connect: () => connect({ servers: url, waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 50 }),
    kill,
    restart: async () => {
      await kill()
      server = await launchTestNats(options)
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(storeDir, { recursive: true, force: true })
    },
  }
}

interface LaunchOptions {
  readonly port: number
  readonly storeDir: string
  readonly durable?: boolean
  /** Further lines of the configuration. */
  readonly more?: string
}

export interface RunningServer {
  readonly pid: number
  /** Sends SIGKILL. */
  kill(): Promise<void>
}

/** Starts one nats-server. Resolves when it takes connections. */
export async function launchTestNats({ port, storeDir, durable, more = '' }: LaunchOptions): Promise<RunningServer> {
  const config = join(storeDir, 'nats.conf')
  const sync = durable === true ? ', sync_interval: always' : ''
  const jetstream = `jetstream { store_dir: ${JSON.stringify(storeDir)}, max_file: 1TB${sync} }`
  await writeFile(config, `listen: "127.0.0.1:${port}"\n${jetstream}\n${more}\n`)
  const binary = process.env['GRAVITAS_NATS_SERVER'] ?? 'nats-server'
  const child = spawn(binary, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilServing(child)
  return {
    pid: child.pid!,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Resolves when the log says that clients can connect: a server of a cluster is ready only after the others are there. */
async function untilServing(child: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += String(chunk)
      if (log.includes('Server is ready')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`nats-server exited with ${code}: ${log}`)))
  })
  child.stderr.removeAllListeners('data').resume()
}
