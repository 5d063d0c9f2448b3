import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { STANDARD_STREAM } from '../../schema/runtime/input-file.ts'

/** An output for text. Each call resolves once the system has taken the text. */
export interface OutputFile {
  write(text: string): Promise<void>
  /** Ends the output. A file that existed before is replaced only now. */
  end(): Promise<void>
  /** Ends the output after a failure. @returns the file that has the text so far; undefined if there is none */
  abandon(): Promise<string | undefined>
}

/** Where the text of a file goes until the file is complete. */
export const incompleteFile = (path: string): string => `${path}.incomplete`

/**
 * Opens a file, or standard output for `-`. A file gets its text and replaces an older one only when it is complete.
 * @throws OperationalError when it cannot be written; writing and ending throw it as well
 */
export async function openOutput(path: string): Promise<OutputFile> {
  if (path === STANDARD_STREAM) return standardOutput()
  const explain = explainFor(path)
  const found = await stat(path).catch(() => undefined)
  // A pipe or a device takes the text at once. A link keeps leading to its file.
  if (found !== undefined && !found.isFile()) return await openFile(path, path, explain)
  const target = found === undefined ? path : await realpath(path)
  return await openFile(incompleteFile(target), target, explain)
}

function explainFor(where: string): (cause: Error) => never {
  return (cause) => {
    throw new OperationalError(`Cannot write ${where}: ${cause.message}`, { cause })
  }
}

function standardOutput(): OutputFile {
  // Each write reports its failure itself. Without this listener the first failure would end the process.
  process.stdout.on('error', () => {})
  return {
    write: (text) => writeAll(process.stdout, text).catch(explainFor('to standard output')),
    end: async () => {},
    abandon: async () => undefined,
  }
}

async function openFile(file: string, target: string, explain: (cause: Error) => never): Promise<OutputFile> {
  const stream = createWriteStream(file)
  const opened = new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject))
  await opened.catch(explain)
  stream.on('error', () => {})
  let isEmpty = true
  const close = async (): Promise<void> => {
    stream.end()
    await finished(stream)
  }
  return {
    write: async (text) => {
      if (text === '') return
      isEmpty = false
      await writeAll(stream, text).catch(explain)
    },
    end: async () => {
      await close().catch(explain)
      if (file !== target) await rename(file, target).catch(explain)
    },
    abandon: async () => {
      await close().catch(() => {})
      if (file === target) return undefined
      if (isEmpty) await rm(file, { force: true })
      return isEmpty ? undefined : file
    },
  }
}

const writeAll = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())))
