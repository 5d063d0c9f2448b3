import { answer } from '#lib/server/answer.ts'
import type { PageServerLoad } from './$types'
import { loadOverview } from './load-overview.ts'

export const load: PageServerLoad = async ({ fetch }) => ({ overview: await answer(loadOverview(fetch)) })
