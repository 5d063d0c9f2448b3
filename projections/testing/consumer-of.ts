import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { SELECT_FILE_ID } from '../../schema/read-model-file.ts'
import { projectorConsumer } from '../../schema/read-models.ts'

/** The name of the consumers of a read model's file, whose projector has started. */
export function consumerOf(dataDir: string, name: string): string {
  const database = new Sqlite(join(dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
  try {
    return projectorConsumer(name, database.prepare<[], string>(SELECT_FILE_ID).pluck().get()!)
  } finally {
    database.close()
  }
}
