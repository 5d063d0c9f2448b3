const TICK_MS = 10_000

/** The time from which ages are computed. It starts with the server's, so that server and browser render the same text. */
class Clock {
  #nowMs = $state<number>()

  nowMs(renderedAtMs: number): number {
    return this.#nowMs ?? renderedAtMs
  }

  /** @returns a function that stops the clock */
  start(): () => void {
    const tick = (): void => void (this.#nowMs = Date.now())
    tick()
    const timer = setInterval(tick, TICK_MS)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }
}

export const clock = new Clock()
