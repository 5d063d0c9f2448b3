const TICK_MS = 10_000

/** The time that ages are told by: the server's at first, so that both render the same, then this machine's. */
class Clock {
  #nowMs = $state<number>()

  nowMs(renderedAtMs: number): number {
    return this.#nowMs ?? renderedAtMs
  }

  /** @returns how to stop */
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
