/** npm passes on a Ctrl-C that the terminal has already sent: signals this close together are one. */
const SAME_SIGNAL_MS = 1_000
const INTERRUPTED = 130

/** Aborted by the first SIGINT, SIGTERM or SIGHUP; a second one ends this process at once. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  let firstAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!stopping.signal.aborted) {
        firstAt = performance.now()
        stopping.abort(new StopRequestedError(name))
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
    })
  }
  return stopping.signal
}

/** Somebody asked this process to stop; the message is the signal's name. */
export class StopRequestedError extends Error {
  override name = 'StopRequestedError'
}

/** The promise, or a rejection with the signal's reason as soon as it is aborted. */
export function unlessStopped<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  // What is left behind must not end the process by failing later.
  promise.catch(() => {})
  return Promise.race([promise, untilStopped(signal)])
}

/** Rejects with the signal's reason once it is aborted. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
