import type { LayoutServerLoad } from './$types'
import { loadFrame, NO_FRAME } from './watch-frame.ts'

export const load: LayoutServerLoad = async ({ fetch }) => {
  // Every page has a frame, also the one that says that nothing can be read now.
  const frame = await loadFrame(fetch).catch(() => NO_FRAME)
  return { frame, renderedAtMs: Date.now() }
}
