import { query } from '#lib/graphql.ts'
import { isAway } from '#lib/live/presence.ts'
import type { SourceCount } from '#lib/types.ts'

/** Until there are posts: only then it can be said where they come from. */
const FIRST_INTERVAL_MS = 3_000
const INTERVAL_MS = 15_000

/** What every page says besides its own. */
export interface Frame {
  readonly sources: readonly SourceCount[]
  /** What should be known though everything answers, in the server's words. */
  readonly notices: readonly string[]
}

export const NO_FRAME: Frame = { sources: [], notices: [] }

export const loadFrame = async (fetch: typeof globalThis.fetch): Promise<Frame> =>
  (await query<{ pipeline: Frame }>(fetch, '{ pipeline { notices sources { source posts } } }')).pipeline

/** Looks for what has changed, for as long as the page can be seen. @returns how to stop */
export function watchFrame(first: Frame, onFound: (frame: Frame) => void): () => void {
  let latest = first
  let isStopped = false
  let timer = wait()
  function wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => void look(), latest.sources.length === 0 ? FIRST_INTERVAL_MS : INTERVAL_MS)
  }
  async function look(): Promise<void> {
    // What cannot be loaded stays as it was.
    const found = isAway() ? latest : await loadFrame(fetch).catch(() => latest)
    if (isStopped) return
    if (found !== latest) onFound((latest = found))
    timer = wait()
  }
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
