import { FrameDocument, ProblemsDocument, type FrameQuery } from '#lib/generated/documents.ts'
import { GraphQLRequestError, query } from '#lib/graphql.ts'
import { isAway } from '#lib/live/presence.ts'

/** Used until there are posts, so that the demo note appears soon after the first of them. */
const FIRST_INTERVAL_MS = 3_000
const INTERVAL_MS = 5_000

/**
 * The data that every page shows around its content: the sources of the posts, and problems that an operator should
 * know.
 */
export type Frame = FrameQuery['pipeline']

export const NO_FRAME: Frame = { sources: [], problems: [] }

/** Loads what every page shows. If the posts cannot be read, it loads only the problems, which say why. */
export async function loadFrame(fetch: typeof globalThis.fetch): Promise<Frame> {
  try {
    return (await query(fetch, FrameDocument, {})).pipeline
  } catch (error) {
    if (!(error instanceof GraphQLRequestError)) throw error
    return { sources: [], ...(await query(fetch, ProblemsDocument, {})).pipeline }
  }
}

/** Reloads the frame regularly while the page is visible. @returns a function that stops */
export function watchFrame(first: Frame, onFound: (frame: Frame) => void): () => void {
  let latest = first
  let isStopped = false
  let timer = wait()
  function wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => void look(), latest.sources.length === 0 ? FIRST_INTERVAL_MS : INTERVAL_MS)
  }
  async function look(): Promise<void> {
    // When loading fails, the shown frame stays.
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
