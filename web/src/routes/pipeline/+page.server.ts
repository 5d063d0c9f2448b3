import { PipelineNowDocument } from '#lib/generated/documents.ts'
import { query } from '#lib/graphql.ts'
import { answer } from '#lib/server/answer.ts'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = async ({ fetch }) => answer(query(fetch, PipelineNowDocument, {}))
