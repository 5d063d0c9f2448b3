import { ConfigurationError, HelpRequestedError, OperationalError, UsageError } from './errors.ts'
import type { Logger } from './logger.ts'

/** A running process: `failed` rejects when it can no longer do its work. */
export interface Service extends AsyncDisposable {
  readonly failed: Promise<never>
  /** Only for a service whose work can end: resolves when it has ended. */
  readonly done?: Promise<unknown>
}

/**
 * Runs a service until SIGINT, SIGTERM, the end of its launcher, or its own failure or end; then disposes of it. With
 * `GRAVITAS_SUPERVISED=1`, standard input is a pipe from the launcher: its end means that the launcher is gone.
 */
export async function runService(logger: Logger, start: () => Promise<Service>): Promise<void> {
  try {
    await using service = await start()
    const ended = service.done?.then(() => 'finished')
    const reason = await Promise.race([stopRequested(), service.failed, ...(ended ? [ended] : [])])
    logger.info({ reason }, 'stopping')
  } catch (error) {
    reportFailure(logger, error)
    process.exitCode = exitCodeOf(error)
  }
  // A handle that a library left open must not keep a stopped service alive.
  setTimeout(() => process.exit(), 2_000).unref()
}

/**
 * Runs a command's `main` with the arguments of the command line. A failure is explained in words, and the exit code says
 * what kind it is: 2 for wrong arguments, 1 for everything else; under a launcher {@link EXIT_WRONG_ARGUMENTS} and, for
 * wrong settings, {@link EXIT_MISCONFIGURED}. Help goes to standard output.
 */
export async function runCommand(main: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    if (error instanceof HelpRequestedError) return void process.stdout.write(error.message)
    if (isExplained(error)) process.stderr.write(`${error.message}\n`)
    else console.error(error)
    process.exitCode = exitCodeOf(error)
  }
}

function reportFailure(logger: Logger, error: unknown): void {
  if (isExplained(error)) logger.fatal(error.message)
  else logger.fatal({ err: error }, 'crashed')
}

/** EX_USAGE of sysexits.h. Tells the launcher, which chose the arguments, that starting again can never help. */
export const EXIT_WRONG_ARGUMENTS = 64
/** EX_CONFIG of sysexits.h. Tells the launcher that starting again helps only after somebody changed a setting. */
export const EXIT_MISCONFIGURED = 78
/** The usual code for wrong arguments. The launcher needs another, because programs written in Go crash with this one. */
const EXIT_USAGE = 2

function exitCodeOf(error: unknown): number {
  const isSupervised = process.env['GRAVITAS_SUPERVISED'] === '1'
  if (error instanceof UsageError) return isSupervised ? EXIT_WRONG_ARGUMENTS : EXIT_USAGE
  return isSupervised && error instanceof ConfigurationError ? EXIT_MISCONFIGURED : 1
}

const isExplained = (error: unknown): error is Error =>
  error instanceof ConfigurationError || error instanceof UsageError || error instanceof OperationalError

/** Resolves when this process is asked to stop, with the name of the signal, or `launcher gone`. */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
    if (process.env['GRAVITAS_SUPERVISED'] !== '1') return
    process.stdin.once('end', () => resolve('launcher gone')).once('error', () => resolve('launcher gone'))
    process.stdin.resume()
    // The pipe alone must not keep a stopped process alive.
    process.stdin.unref()
  })
}
