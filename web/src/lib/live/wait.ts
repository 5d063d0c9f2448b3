/** Waits. The wait ends early when `signal` is aborted or the browser reports that it is online again. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      globalThis.removeEventListener?.('online', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
    globalThis.addEventListener?.('online', end)
  })
}

/** The pauses between attempts to connect. Each is about twice the last, with jitter so that pages do not return all at once. */
export class Backoff {
  static readonly FIRST_MS = 500
  static readonly LONGEST_MS = 15_000
  #nextMs = Backoff.FIRST_MS

  next(): number {
    const pauseMs = this.#nextMs
    this.#nextMs = Math.min(pauseMs * 2, Backoff.LONGEST_MS)
    return pauseMs * (0.75 + Math.random() / 2)
  }

  reset(): void {
    this.#nextMs = Backoff.FIRST_MS
  }
}
