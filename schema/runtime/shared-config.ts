import type { SettingsReader } from './environment.ts'
import { ConfigurationError } from './errors.ts'
import { parseServers } from './nats-servers.ts'
import { describePlainText } from './plain-text.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
const REPLICAS = ['1', '3', '5'] as const

/** The settings of every process: where the log and the data are, and how much is logged. */
export interface SharedConfig {
  /** One URL, or several separated by commas, which `parseServers` reads. */
  readonly natsUrl: string
  /** How many servers of a cluster keep a copy of each stream; undefined if NATS_REPLICAS is not set. */
  readonly natsReplicas?: number | undefined
  readonly dataDir: string
  /** Whether other users of the group of DATA_DIR may read the read models. */
  readonly dataGroupRead?: boolean
  readonly logLevel: LogLevel
}

export function readSharedConfig(read: SettingsReader): SharedConfig {
  const natsPort = read.integer('NATS_PORT', 4222, { min: 1, max: 65_535 })
  return {
    natsUrl: readNatsUrl(read) ?? `nats://127.0.0.1:${natsPort}`,
    natsReplicas:
      read.optional('NATS_REPLICAS') === undefined ? undefined : Number(read.oneOf('NATS_REPLICAS', '1', REPLICAS)),
    dataDir: read.path('DATA_DIR', './data'),
    dataGroupRead: read.oneOf('DATA_GROUP_READ', '0', ['0', '1']) === '1',
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
  }
}

function readNatsUrl(read: SettingsReader): string | undefined {
  const urls = read.optional('NATS_URL')
  const isPlainTextAllowed = read.oneOf('NATS_ALLOW_PLAINTEXT', '0', ['0', '1']) === '1'
  try {
    const problem = urls === undefined ? undefined : describePlainText(parseServers(urls))
    if (problem !== undefined && !isPlainTextAllowed) read.problem(problem)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    for (const problem of error.problems) read.problem(problem)
  }
  return urls
}
