import { error } from '@sveltejs/kit'
import { readPlace } from '#lib/paging.ts'
import { answer } from '#lib/server/answer.ts'
import type { PageServerLoad } from './$types'
import { loadSubreddit, readOrder } from './load-subreddit.ts'

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const place = readPlace(url.searchParams)
  const order = readOrder(url.searchParams.get('order'))
  const subreddit = await answer(loadSubreddit(fetch, { name: params.name, order, cursor: place.cursor }))
  if (subreddit === null) error(404, `No posts of r/${params.name} have been scored.`)
  return { subreddit, order, place }
}
