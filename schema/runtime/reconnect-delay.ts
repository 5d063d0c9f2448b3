/**
 * An option of the client (`reconnectDelayHandler`): the pause between two attempts to connect, by the monotonic clock. The
 * client itself compares the time of its last attempt with the wall clock. After that clock was set back, it would not
 * connect again until the clock has caught up. It asks for the pause before each attempt, and any attempt is due after a
 * pause of minus infinity.
 */
export function reconnectDelay(waitMs: number, nowMs: () => number = () => performance.now()): () => number {
  let attemptedAtMs = Number.NEGATIVE_INFINITY
  return () => {
    const leftMs = attemptedAtMs + waitMs - nowMs()
    if (leftMs > 0) return leftMs
    attemptedAtMs = nowMs()
    return Number.NEGATIVE_INFINITY
  }
}
