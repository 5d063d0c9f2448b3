import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { COUNT_LOST_EVENTS, SELECT_CHECKPOINTS } from '../../schema/read-model-file.ts'

interface Checkpoint {
  readonly stream: string
  readonly sequence: number
}

export interface ReadModelStatus {
  readonly name: string
  /** `being made`: the file exists, and its tables do not exist yet. */
  readonly state: 'ready' | 'being made' | 'missing' | 'unreadable'
  /** The last sequence of each stream that is applied in its rows. */
  readonly checkpoints: readonly Checkpoint[]
  /** Events that the log no longer has and no erasure explains. */
  readonly lostEvents: number
  readonly problem?: string
}

/** Reads a read model's position from its file, which its projector may be writing at the same time. */
export function readReadModel(dataDir: string, name: string): ReadModelStatus {
  const file = join(dataDir, `${name}.db`)
  const empty = { name, checkpoints: [], lostEvents: 0 }
  if (!existsSync(file)) return { ...empty, state: 'missing' }
  try {
    return { name, state: 'ready', ...readPosition(file) }
  } catch (error) {
    const { message } = error as Error
    // There are no tables yet, or there is no -wal file yet, which a reader may not create.
    if (/no such table: checkpoints|unable to open/.test(message)) return { ...empty, state: 'being made' }
    return { ...empty, state: 'unreadable', problem: message }
  }
}

function readPosition(file: string): { checkpoints: Checkpoint[]; lostEvents: number } {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    return {
      checkpoints: database.prepare<[], Checkpoint>(SELECT_CHECKPOINTS).all(),
      lostEvents: database.prepare<[], number>(COUNT_LOST_EVENTS).pluck().get() ?? 0,
    }
  } finally {
    database.close()
  }
}
