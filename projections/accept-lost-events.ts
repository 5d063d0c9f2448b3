import { existsSync } from 'node:fs'
import { OperationalError } from '../schema/runtime/errors.ts'
import { closeReadModel } from './file/close-read-model.ts'
import { openReadModel } from './file/database.ts'
import { lockFile } from './file/lock.ts'
import { LostEvents } from './file/lost-events.ts'
import type { Projection } from './projection.ts'

/**
 * Marks the lost events of a read model's file as accepted, so that they are shown as a warning.
 * @returns a sentence about what was done
 * @throws OperationalError when there is no file, or its projector runs
 */
export function acceptLostEvents(file: string, projection: Projection<unknown>): string {
  if (!existsSync(file)) throw new OperationalError(`${file} does not exist, so no lost events are recorded.`)
  using _lock = lockFile(file)
  const database = openReadModel(file, projection)
  try {
    const events = new LostEvents(database).acceptAll()
    if (events === 0) return `${projection.name}: there are no lost events to accept.`
    return `${projection.name}: accepted ${events} lost ${events === 1 ? 'event' : 'events'}, shown as a warning from now on.`
  } finally {
    closeReadModel(database)
  }
}
