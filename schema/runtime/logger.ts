import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from './shared-config.ts'

export type { Logger } from 'pino'

/** Writes JSON lines to standard output; on a terminal, lines for people. */
export function createLogger(name: string, level: LogLevel): Logger {
  const options = { name, level, base: { name } }
  if (!process.stdout.isTTY) return pino(options)
  return pino(options, pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true }))
}
