import { PIPELINE_FIELDS, query } from '#lib/graphql.ts'
import type { Pipeline } from '#lib/types.ts'
import type { LayoutServerLoad } from './$types'

export const load: LayoutServerLoad = async ({ fetch }) => {
  const { pipeline } = await query<{ pipeline: Pipeline }>(fetch, `{ pipeline { ${PIPELINE_FIELDS} } }`)
  return { pipeline, renderedAtMs: Date.now() }
}
