import { statSync } from 'node:fs'
import { OperationalError } from '../../schema/runtime/errors.ts'

const INTERVAL_MS = 2_000

/** A watch over a file that this process has open. */
export interface FileWatch extends Disposable {
  /** Rejects with an OperationalError when another file, or none, has the path of the watched one. */
  readonly replaced: Promise<never>
}

/**
 * Notices that a read model's file, or its write-ahead log, was deleted or replaced. Its projector would continue to write
 * the former file, which nobody can open any more. A projector that starts again uses the new file, or builds a missing
 * one from the log.
 */
export function watchFile(file: string, intervalMs = INTERVAL_MS): FileWatch {
  const { promise: replaced, reject } = Promise.withResolvers<never>()
  replaced.catch(() => {})
  const identity = identify(file)
  const timer = setInterval(() => {
    if (identify(file) === identity) return
    clearInterval(timer)
    reject(new OperationalError(`${file} was deleted or replaced. Its projector has to start again.`))
  }, intervalMs).unref()
  return { replaced, [Symbol.dispose]: () => clearInterval(timer) }
}

/** A copy over the file keeps the file's identity, so the write-ahead log counts too: whoever copies deletes it. */
const identify = (file: string): string =>
  [file, `${file}-wal`]
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .map((found) => (found === undefined ? 'missing' : `${found.dev}.${found.ino}`))
    .join(' ')
