import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../schema/testing/nats-server.ts'
import { recordedProcesses } from '../scripts/process-records.ts'

export type Settings = Readonly<Record<string, string>>

/** Settings of a separate system on free ports, without a source. */
export async function ownSettings(dataDir: string): Promise<Settings> {
  const [port, natsPort] = await Promise.all([freePort(), freePort()])
  return {
    DATA_DIR: dataDir,
    PORT: String(port),
    NATS_PORT: String(natsPort),
    SOURCE: 'none',
    LOG_LEVEL: 'warn',
  }
}

/** Runs the launcher as `npm start` does, in its own process, and collects its output. */
export class Launcher {
  readonly #child: ChildProcess
  readonly #dataDir: string
  readonly exited: Promise<number | null>
  stdout = ''
  stderr = ''

  constructor(settings: Settings) {
    this.#dataDir = settings['DATA_DIR']!
    this.#child = spawn(process.execPath, ['scripts/start.ts'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout!.on('data', (chunk: Buffer) => (this.stdout += String(chunk)))
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.stderr += String(chunk)))
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null)
  }

  /** Waits for the address that the launcher prints when everything runs. */
  async url(): Promise<string> {
    const printed = new Promise<string>((resolve) => {
      const look = (): void => {
        const found = /running: (http:\S+)/.exec(this.stdout)?.[1]
        if (found !== undefined) resolve(found)
      }
      this.#child.stdout!.on('data', look)
    })
    const failed = this.exited.then((code) => {
      throw new Error(`the launcher exited with ${code}: ${this.stdout}${this.stderr}`)
    })
    return Promise.race([printed, failed])
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The ids of the processes that the launcher started, by name. */
  pids(): Record<string, number> {
    const running = Object.entries(recordedProcesses(this.#dataDir))
    return Object.fromEntries(running.map(([name, { pid }]) => [name, pid]))
  }
}

/** The ids of all processes that were started with a data folder; empty on a system without /proc. */
export function processesOn(dataDir: string): number[] {
  const numbers = readAll('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.map(Number).filter((pid) => pid !== process.pid && isOn(environmentOf(pid), dataDir))
}

/** nats-server gets the folder of its streams only. */
const isOn = (environment: string, dataDir: string): boolean =>
  environment.includes(`DATA_DIR=${dataDir}\0`) || environment.includes(`JETSTREAM_DIR="${dataDir}/`)

function readAll(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(join('/proc', String(pid), 'environ'), 'utf8')
  } catch {
    return ''
  }
}
