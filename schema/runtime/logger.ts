import { pino, type DestinationStream, type LogFn, type Logger, type LoggerOptions } from 'pino'
import pretty from 'pino-pretty'
import { LogLimiter } from './log-limiter.ts'
import { toLogFields, toLoggedError, toLogText } from './log-text.ts'
import type { LogLevel } from './shared-config.ts'

export type { Logger } from 'pino'

/**
 * The numbers of pino's levels. Lines below `info` are only written if somebody asked for them, and a `fatal` one is the last
 * word of a process, so neither is limited.
 */
const INFO = 30
const FATAL = 60

/** Writes JSON lines to standard output; on a terminal, lines for people. The rate and the length of lines are limited. */
export function createLogger(name: string, level: LogLevel): Logger {
  const destination = process.stdout.isTTY
    ? pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true })
    : pino.destination(1)
  return createLimitedLogger({ name, level, base: { name } }, destination)
}

/** @param limiter decides which lines are written; how many others there were is written after each minute */
export function createLimitedLogger(
  options: LoggerOptions,
  destination: DestinationStream,
  limiter = new LogLimiter(),
): Logger {
  let summary: NodeJS.Timeout | undefined
  const summarize = (logger: Logger): void => {
    clearTimeout(summary)
    summary = undefined
    for (const { kind, lines } of limiter.next())
      logger.warn({ lines }, `${toLogText(kind)} (${lines} more in the last minute)`)
  }
  function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
    if (level >= INFO && level < FATAL) {
      if (limiter.remainingMs <= 0) summarize(this)
      if (!limiter.admit(kindOf(args))) {
        summary ??= setTimeout(() => summarize(this), limiter.remainingMs).unref()
        return
      }
    }
    method.apply(
      this,
      args.map((arg: unknown) => (typeof arg === 'string' ? toLogText(arg) : arg)) as Parameters<LogFn>,
    )
  }
  const limited: LoggerOptions = {
    ...options,
    hooks: { logMethod },
    formatters: { log: toLogFields },
    serializers: { err: toLoggedError },
  }
  return pino(limited, destination)
}

/** The message of a line, and that of its error: many lines about one failure must not hide another one. */
function kindOf(args: readonly unknown[]): string {
  const text = args.find((arg) => typeof arg === 'string')
  const [first] = args
  const error = first instanceof Error ? first : (first as { readonly err?: unknown } | undefined)?.err
  return [text, error instanceof Error ? error.message : undefined].filter((part) => part !== undefined).join(': ')
}
