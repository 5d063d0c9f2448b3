import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { FILE_ID } from '../../schema/read-model-file.ts'
import { readMeta, writeMeta } from './database.ts'

const FILE_INODE = 'file_inode'
const ID_BYTES = 4

/**
 * Returns the id of a read model's file, by which its consumers are named. The id is made when a projector first starts
 * with the file. A copy of the file, which has another inode, gets another id, because two files that share a consumer
 * would take each other's messages.
 */
export function claimFileId(database: Database): string {
  const inode = String(statSync(database.name, { bigint: true }).ino)
  const found = readMeta(database, FILE_ID)
  if (found !== undefined && readMeta(database, FILE_INODE) === inode) return found
  const id = randomBytes(ID_BYTES).toString('hex')
  database.transaction(() => {
    writeMeta(database, FILE_ID, id)
    writeMeta(database, FILE_INODE, inode)
  })()
  return id
}
