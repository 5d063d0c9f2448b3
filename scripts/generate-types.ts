import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import config from '../codegen.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { digestFiles } from './digest-files.ts'

/** The files from which the types are generated. The lock file stands for the version of the generator. */
const SOURCES = ['schema/*.graphql', 'web/src/**/*.graphql', 'codegen.ts', 'package-lock.json']
const STAMP = 'schema/generated/.stamp'

/**
 * Generates the types of the GraphQL schema and of the pages' documents, unless they are up to date.
 * @throws OperationalError when a document does not fit the schema
 */
export async function generateTypes(): Promise<void> {
  const digest = await digestFiles({ patterns: SOURCES })
  if (Object.keys(config.generates).every(existsSync) && (await readStamp()) === digest) return
  // The generator is loaded only if types are out of date, because loading it takes a second.
  const { generate } = await import('@graphql-codegen/cli')
  try {
    await generate({ ...config, silent: true })
  } catch (cause) {
    throw new OperationalError(`The GraphQL types could not be generated:\n${(cause as Error).message}`, { cause })
  }
  await writeFile(STAMP, digest)
}

const readStamp = (): Promise<string | undefined> => readFile(STAMP, 'utf8').catch(() => undefined)
