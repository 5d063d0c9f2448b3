import type { ProjectionStatus, StreamStatus } from '../../schema/generated/api.ts'
import { lagOf } from '../../schema/read-models.ts'
import type { ReadModels } from '../read-models/read-models.ts'

/** The progress of each read model, given the last known state of the streams. */
export function readProjections(models: ReadModels, streams: readonly StreamStatus[]): ProjectionStatus[] {
  const lastSequences = Object.fromEntries(streams.map(({ name, lastSequence }) => [name, lastSequence]))
  return Array.from(models.files, ([name, file]) => {
    const { checkpoints, lostEvents } = file.status ?? { checkpoints: [], lostEvents: 0 }
    const applied = Object.fromEntries(checkpoints.map(({ stream, sequence }) => [stream, sequence]))
    return { name, lostEvents, checkpoints, lag: lagOf(name, applied, lastSequences) }
  })
}
