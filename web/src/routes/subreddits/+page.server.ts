import { readPlace } from '#lib/paging.ts'
import { answer } from '#lib/server/answer.ts'
import type { PageServerLoad } from './$types'
import { loadList, readOrder } from './load-list.ts'

export const load: PageServerLoad = async ({ fetch, url }) => {
  const place = readPlace(url.searchParams)
  const search = url.searchParams.get('search')?.trim() ?? ''
  const wanted = { search, order: readOrder(url.searchParams.get('order')), cursor: place.cursor }
  return { ...wanted, place, list: await answer(loadList(fetch, wanted)) }
}
