/** Waits, no longer than until `signal` is aborted or the browser says that it is on a network again. */
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

/** Pauses between attempts: each about twice the last, spread out so that not all pages come back at once. */
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
