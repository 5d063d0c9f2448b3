/** A visit to another tab that is shorter than this costs no new connection. */
const GRACE_MS = 5_000

export interface Presence {
  /** The page has been hidden for a while. */
  readonly onAway: () => void
  /** The page is visible again. */
  readonly onBack: () => void
}

/** Whether the page is hidden now. A tab that was opened in the background is hidden from its beginning. */
export const isAway = (): boolean => document.hidden

/**
 * Reports when the page is hidden and when it is visible again. A browser opens at most six connections to an origin,
 * and each subscription takes one, so hidden pages must leave them to visible ones. @returns a function that stops
 */
export function watchPresence({ onAway, onBack }: Presence): () => void {
  let isGone = isAway()
  let timer: ReturnType<typeof setTimeout> | undefined
  const leave = (): void => {
    isGone = true
    onAway()
  }
  const look = (): void => {
    clearTimeout(timer)
    if (document.hidden && !isGone) timer = setTimeout(leave, GRACE_MS)
    if (document.hidden || !isGone) return
    isGone = false
    onBack()
  }
  document.addEventListener('visibilitychange', look)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  }
}
