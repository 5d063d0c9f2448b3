import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAheadLogBytes } from '../../schema/read-model-file.ts'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'

/** The sizes of the files in the data folder, in bytes. */
export interface DiskStatus {
  readonly totalBytes: number
  /** The log, and the consumers' positions. */
  readonly streamBytes: number
  /** Each read model's file with its write-ahead log. */
  readonly readModelBytes: Readonly<Record<string, number>>
  /** Each read model's write-ahead log, which is large while another program holds the file open. */
  readonly writeAheadLogBytes: Readonly<Record<string, number>>
}

export async function readDisk(dataDir: string): Promise<DiskStatus> {
  const files = await listSizes(dataDir)
  const sum = (wanted: (path: string) => boolean): number =>
    files.reduce((total, { path, bytes }) => (wanted(path) ? total + bytes : total), 0)
  const readModelBytes = READ_MODEL_NAMES.map((name) => [
    name,
    sum((path) => path.startsWith(join(dataDir, `${name}.`))),
  ])
  return {
    totalBytes: sum(() => true),
    streamBytes: sum((path) => path.startsWith(join(dataDir, 'jetstream'))),
    readModelBytes: Object.fromEntries(readModelBytes) as Record<string, number>,
    writeAheadLogBytes: Object.fromEntries(
      READ_MODEL_NAMES.map((name) => [name, writeAheadLogBytes(join(dataDir, `${name}.db`))]),
    ),
  }
}

async function listSizes(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(path) })))
}

/** The size of a file; 0 if it does not exist, because files come and go while everything runs. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
