import { redirect } from '@sveltejs/kit'
import { answer } from '#lib/server/answer.ts'
import type { PageServerLoad } from './$types'
import { loadComparison, loadSuggestions } from './load-comparison.ts'
import { readNames, toCompareAddress } from './names.ts'

export const load: PageServerLoad = async ({ fetch, url }) => {
  const names = readNames(url.searchParams)
  // The form sends a long address with empty parts. The redirect leads to the short one, which people keep and share.
  if (url.searchParams.getAll('names').join(',') !== names.join(',')) redirect(303, toCompareAddress(names))
  const [found, suggestions] = await answer(Promise.all([loadComparison(fetch, names), loadSuggestions(fetch)]))
  return {
    names,
    suggestions,
    compared: found.filter((subreddit) => subreddit !== null),
    missing: names.filter((_, index) => found[index] === null),
  }
}
