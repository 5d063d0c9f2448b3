import { watch } from 'node:fs'
import type { Logger } from '../schema/runtime/logger.ts'
import { generateTypes } from './generate-types.ts'

/**
 * Changes this close together are one, because an editor writes a file in several steps, and a person saves several
 * files.
 */
const QUIET_MS = 150

/** Generates the GraphQL types again whenever the schema or a document of the pages changes. */
export function watchDocuments(logger: Logger): Disposable {
  let timer: NodeJS.Timeout | undefined
  const generate = (): void =>
    void generateTypes().catch((err: unknown) => logger.error({ err }, 'cannot generate the GraphQL types'))
  const watchers = ['schema', 'web/src'].map((folder) =>
    watch(folder, { recursive: true }, (_, file) => {
      if (!file?.endsWith('.graphql')) return
      clearTimeout(timer)
      timer = setTimeout(generate, QUIET_MS)
    }),
  )
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}
