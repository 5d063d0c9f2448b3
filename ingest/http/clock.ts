/** Time as a source sees it, so that a test can let days pass in seconds. */
export interface Clock {
  /** Milliseconds since the epoch; may be wrong, and may jump when it is set. */
  wallMs(): number
  /** Milliseconds since any starting point; never jumps. What waits and expires is measured by it. */
  elapsedMs(): number
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A timer of Node's takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) => {
    if (signal.aborted || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, Math.min(ms, MAX_TIMER_MS))
      signal.addEventListener('abort', finish)
    })
  },
}
