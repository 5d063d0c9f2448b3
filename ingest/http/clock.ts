/** The time that sources use. Tests replace it, so that days pass in seconds. */
export interface Clock {
  /** The machine's clock: milliseconds since the epoch. It may be wrong, and it jumps when somebody sets it. */
  wallMs(): number
  /** A monotonic clock: milliseconds since an arbitrary moment. It never jumps, so waits and expiries are measured by it. */
  elapsedMs(): number
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The longest delay that Node's timers support. */
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
