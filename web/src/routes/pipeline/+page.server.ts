import { query } from '#lib/graphql.ts'
import { PIPELINE_FIELDS } from '#lib/live/follow-pipeline.ts'
import { answer } from '#lib/server/answer.ts'
import type { Pipeline } from '#lib/types.ts'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = async ({ fetch }) =>
  answer(query<{ pipeline: Pipeline }>(fetch, `{ pipeline { ${PIPELINE_FIELDS} } }`))
