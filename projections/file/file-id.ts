import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { FILE_ID } from '../../schema/read-model-file.ts'
import { readMeta, writeMeta } from './database.ts'

const FILE_IDENTITY = 'file_identity'
const ID_BYTES = 4

/**
 * Returns the id of a read model's file, by which its consumers are named. The id is made when a projector first starts
 * with the file. A copy of the file gets another id, because two files that share a consumer would take each other's
 * messages. A copy differs in its inode or, on another disk, in the time at which the file was created.
 */
export function claimFileId(database: Database): string {
  const { ino, birthtimeNs } = statSync(database.name, { bigint: true })
  const identity = `${ino} ${birthtimeNs}`
  const found = readMeta(database, FILE_ID)
  if (found !== undefined && readMeta(database, FILE_IDENTITY) === identity) return found
  const id = randomBytes(ID_BYTES).toString('hex')
  database.transaction(() => {
    writeMeta(database, FILE_ID, id)
    writeMeta(database, FILE_IDENTITY, identity)
  })()
  return id
}
