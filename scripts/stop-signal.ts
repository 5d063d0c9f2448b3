/** npm repeats a Ctrl-C that the terminal has already sent, so signals that are this close together count as one. */
const SAME_SIGNAL_MS = 1_000
const INTERRUPTED = 130

/** A signal that the first SIGINT, SIGTERM or SIGHUP aborts. A second one ends this process at once. */
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

/** This process was asked to stop; the message is the name of the signal. */
export class StopRequestedError extends Error {
  override name = 'StopRequestedError'
}

/** Settles like the promise, but rejects with the signal's reason as soon as the signal is aborted. */
export function unlessStopped<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  // After a stop no code waits for the promise, and its failure must not end the process.
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
