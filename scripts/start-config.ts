import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readHttpConfig } from '../gateway/http/http-config.ts'
import { readIngestConfig } from '../ingest/config.ts'
import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { HTTP_SETTINGS } from '../schema/runtime/process-settings.ts'
import type { SettingName } from '../schema/runtime/settings.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'
import type { WantedPort } from './ports.ts'

const MAX_PORT = 65_535
const NATS_DEFAULT_PORT = 4_222
/** The sources that run until they are stopped. Dump files are imported by `npm run ingest`. */
const SOURCES = ['demo', 'reddit', 'arctic-shift', 'rss', 'none'] as const

/** The settings that change what `npm start` and `npm run dev` do. */
export const START_SETTINGS = [
  ...HTTP_SETTINGS,
  'DATA_DIR',
  'DATA_GROUP_READ',
  'SOURCE',
  'SUBREDDITS',
  'DEMO_DAYS',
  'DEMO_SEED',
  'DEMO_SPEED',
  'MODEL_DIR',
  'NATS_URL',
  'NATS_ALLOW_PLAINTEXT',
  'NATS_PORT',
  'NATS_MONITOR_PORT',
  'NATS_REPLICAS',
  'LOG_LEVEL',
] as const satisfies readonly SettingName[]

export interface StartConfig extends SharedConfig {
  readonly host: string
  readonly port: number
  readonly natsPort: number
  /** The port for monitoring nats-server on loopback; 0: none, which is the default. */
  readonly monitorPort: number
  /** Whether Gravitas starts its own nats-server, which it does when NATS_URL is not set. */
  readonly ownServer: boolean
  readonly source: (typeof SOURCES)[number]
}

/** @throws ConfigurationError naming every problem */
export function readStartConfig(env: Environment): StartConfig {
  const read = new SettingsReader(env)
  const shared = readSharedConfig(read)
  const ownServer = read.optional('NATS_URL') === undefined
  const natsPort = ownServer ? Number(new URL(shared.natsUrl).port) : NATS_DEFAULT_PORT
  if (ownServer && (shared.natsReplicas ?? 1) > 1)
    read.problem(
      `NATS_REPLICAS ${shared.natsReplicas} needs NATS_URL with the servers of a cluster; npm start runs a single one`,
    )
  checkModel(read)
  const settings = {
    ...shared,
    host: read.string('HOST', '127.0.0.1'),
    port: read.integer('PORT', 4000, { min: 1, max: MAX_PORT }),
    natsPort,
    monitorPort: read.integer('NATS_MONITOR_PORT', 0, { min: 0, max: MAX_PORT }),
    ownServer,
    source: read.oneOf('SOURCE', 'demo', SOURCES),
  }
  // Only checked here: the gateway reads them itself.
  void readHttpConfig(read, settings.host)
  if (settings.source === read.string('SOURCE', 'demo')) checkSource(read, env)
  return read.done(settings)
}

/** Checks MODEL_DIR before anything starts, because the message of a scorer that cannot start is easily overlooked. */
function checkModel(read: SettingsReader): void {
  const folder = read.path('MODEL_DIR', 'ml/model')
  const missing = ['model.onnx', 'model.json'].filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0) read.problem(`MODEL_DIR ${folder} has no ${missing.join(' and no ')}`)
}

/**
 * Checks the source before anything starts, because otherwise ingest would crash again and again while everything else
 * runs.
 */
function checkSource(read: SettingsReader, env: Environment): void {
  try {
    readIngestConfig(env, [])
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    for (const problem of error.problems) read.problem(problem)
  }
}

/** The ports that have to be free before anything is started. */
export function wantedPorts({ host, port, natsPort, monitorPort, ownServer }: StartConfig): WantedPort[] {
  const page = { setting: 'PORT', host, port }
  if (!ownServer) return [page]
  const loopback = '127.0.0.1'
  const monitor = { setting: 'NATS_MONITOR_PORT', host: loopback, port: monitorPort }
  return [page, { setting: 'NATS_PORT', host: loopback, port: natsPort }, ...(monitorPort === 0 ? [] : [monitor])]
}

const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** An address that a browser on this machine can open, also if HOST stands for all addresses of the machine. */
export function toUrl(host: string, port: number): string {
  const address = REACHABLE[host] ?? host
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
