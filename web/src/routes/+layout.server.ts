import type { LayoutServerLoad } from './$types'
import { loadSources } from './watch-sources.ts'

export const load: LayoutServerLoad = async ({ fetch }) => {
  // Every page has a frame, also the one that says that nothing can be read now.
  const sources = await loadSources(fetch).catch(() => [])
  return { sources, renderedAtMs: Date.now() }
}
