import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { STANDARD_STREAM } from '../../schema/runtime/input-file.ts'

/** An output for text. Each call resolves once the system has taken the text. */
export interface OutputFile {
  write(text: string): Promise<void>
  end(): Promise<void>
}

/**
 * Opens a file and empties it, or standard output for `-`.
 * @throws OperationalError when it cannot be written; writing and ending throw it as well
 */
export async function openOutput(path: string): Promise<OutputFile> {
  const explain = (cause: Error): never => {
    const where = path === STANDARD_STREAM ? 'to standard output' : path
    throw new OperationalError(`Cannot write ${where}: ${cause.message}`, { cause })
  }
  if (path === STANDARD_STREAM) {
    // Each write reports its failure itself. Without this listener the first failure would end the process.
    process.stdout.on('error', () => {})
    return { write: (text) => writeAll(process.stdout, text).catch(explain), end: async () => {} }
  }
  const stream = createWriteStream(path)
  const opened = new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject))
  await opened.catch(explain)
  stream.on('error', () => {})
  return {
    write: (text) => writeAll(stream, text).catch(explain),
    end: async () => {
      stream.end()
      await finished(stream).catch(explain)
    },
  }
}

const writeAll = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())))
