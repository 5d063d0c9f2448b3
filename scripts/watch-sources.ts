import { watch } from 'node:fs'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GroupMember } from './process-group.ts'
import type { ServiceProgram } from './service-programs.ts'

/**
 * Changes this close together are one, because an editor writes a file in several steps, and a person saves several
 * files.
 */
const QUIET_MS = 150

/** Restarts each service when one of its source files changes. */
export function watchSources(services: readonly GroupMember<ServiceProgram>[], logger: Logger): Disposable {
  const folders = new Set(services.flatMap(({ program }) => program.sources ?? []))
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const restart = (): void => {
    const outdated = services.filter(({ program }) => program.sources?.some((folder) => changed.has(folder)))
    changed.clear()
    logger.info({ services: outdated.map(({ program }) => program.name) }, 'sources changed, restarting')
    for (const { process } of outdated)
      process.restart().catch((err: unknown) => logger.error({ err }, 'cannot restart'))
  }
  const watchers = [...folders].map((folder) =>
    watch(folder, { recursive: true }, (_, file) => {
      if (!isSource(file)) return
      changed.add(folder)
      clearTimeout(timer)
      timer = setTimeout(restart, QUIET_MS)
    }),
  )
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}

/** Whether a change of a file restarts a service. Generated types do not count, because a service runs without them. */
export const isSource = (file: string | null): boolean =>
  file !== null && /\.(ts|graphql)$/.test(file) && !file.endsWith('.test.ts') && !/(^|\/)generated\//.test(file)
