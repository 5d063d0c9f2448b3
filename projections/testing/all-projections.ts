import { READ_MODEL_NAMES, type ReadModelName } from '../../schema/read-models.ts'
import { loadProjection } from '../load-projection.ts'
import type { Projection } from '../projection.ts'

/** Every projection of the catalogue by its name. */
export const projections = Object.fromEntries(
  await Promise.all(READ_MODEL_NAMES.map(async (name) => [name, await loadProjection(name)] as const)),
) as Readonly<Record<ReadModelName, Projection<unknown>>>
