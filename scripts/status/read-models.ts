import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'

interface Checkpoint {
  readonly stream: string
  readonly sequence: number
}

export interface ReadModelStatus {
  readonly name: string
  /** `being made`: the file is there, its tables are not yet. */
  readonly state: 'ready' | 'being made' | 'missing' | 'unreadable'
  /** The last sequence of each stream that its rows rest on. */
  readonly checkpoints: readonly Checkpoint[]
  /** Gaps in the log that no erasure explains. */
  readonly holes: number
  readonly problem?: string
}

/** Reads a read model's position from its file, which its projector may be writing at the same time. */
export function readReadModel(dataDir: string, name: string): ReadModelStatus {
  const file = join(dataDir, `${name}.db`)
  const empty = { name, checkpoints: [], holes: 0 }
  if (!existsSync(file)) return { ...empty, state: 'missing' }
  try {
    return { name, state: 'ready', ...readPosition(file) }
  } catch (error) {
    const { message } = error as Error
    // No tables yet; or no -wal file yet, which a reader may not create.
    if (/no such table|unable to open/.test(message)) return { ...empty, state: 'being made' }
    return { ...empty, state: 'unreadable', problem: message }
  }
}

function readPosition(file: string): { checkpoints: Checkpoint[]; holes: number } {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    return {
      checkpoints: database.prepare<[], Checkpoint>('SELECT stream, sequence FROM checkpoints ORDER BY stream').all(),
      holes: database.prepare<[], number>('SELECT count(*) FROM holes').pluck().get() ?? 0,
    }
  } finally {
    database.close()
  }
}
