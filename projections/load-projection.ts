import type { ReadModelName } from '../schema/read-models.ts'
import type { Projection } from './projection.ts'

/** The projection of a read model: what `projections/<name>/projection.ts` exports as `projection`. */
export async function loadProjection(name: ReadModelName): Promise<Projection<unknown>> {
  const module = (await import(`./${name}/projection.ts`)) as { readonly projection: Projection<unknown> }
  return module.projection
}
