import type { SettingsReader } from './environment.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The settings of every process: where the log and the data are, and how much is logged. */
export interface SharedConfig {
  readonly natsUrl: string
  readonly dataDir: string
  readonly logLevel: LogLevel
}

export function readSharedConfig(read: SettingsReader): SharedConfig {
  const natsPort = read.integer('NATS_PORT', 4222, { min: 1, max: 65_535 })
  return {
    natsUrl: read.url('NATS_URL', ['nats:', 'tls:']) ?? `nats://127.0.0.1:${natsPort}`,
    dataDir: read.path('DATA_DIR', './data'),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
  }
}
