import type { LayoutServerLoad } from './$types'
import { loadFrame, NO_FRAME } from './watch-frame.ts'

export const load: LayoutServerLoad = async ({ fetch }) => {
  // The frame must not fail, because the error page has one as well.
  const frame = await loadFrame(fetch).catch(() => NO_FRAME)
  return { frame, renderedAtMs: Date.now() }
}
