/** Long enough to look at another tab and come back without a new connection. */
const GRACE_MS = 5_000

export interface Presence {
  /** Nobody sees the page: it has been hidden for a while. */
  readonly onAway: () => void
  /** The page can be seen again. */
  readonly onBack: () => void
}

/** A tab that was opened in the background is away from its beginning. */
export const isAway = (): boolean => document.hidden

/**
 * Tells when the page is not looked at. Browsers open at most six connections to an origin, and a subscription is one:
 * pages in the background must not keep those in front from theirs. @returns how to stop
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
