const WINDOW_MS = 10_000
/** A history shorter than this does not show whether a lag falls. */
const LEAST_MS = 5_000
/** A read model that could apply its present lag within this time works at full speed; only the inflow is higher. */
const FULL_SPEED_MS = 60_000

interface Point {
  readonly atMs: number
  readonly lag: number
  readonly applied: number
}

export interface Trend {
  /** Whether the lag falls, or the read model works at full speed. True while it is not known. */
  readonly isCatchingUp: boolean
  /** In how many seconds it will have caught up; undefined without a lag, and while that is not known. */
  readonly etaSeconds: number | undefined
}

/** Tells from the last ten seconds whether a read model is catching up. */
export class LagTrend {
  #points: Point[] = []

  /** @param applied how many events the read model has applied in all */
  add(point: Point): Trend {
    // The file was replaced, and begins from the start of the log.
    if (point.applied < (this.#points.at(-1)?.applied ?? 0)) this.#points = []
    const first = this.#points.find(({ atMs }) => point.atMs - atMs <= WINDOW_MS)
    this.#points = [...this.#points.filter(({ atMs }) => point.atMs - atMs <= WINDOW_MS), point]
    if (point.lag === 0) return { isCatchingUp: true, etaSeconds: undefined }
    const elapsedMs = first === undefined ? 0 : point.atMs - first.atMs
    if (first === undefined || elapsedMs < LEAST_MS) return { isCatchingUp: true, etaSeconds: undefined }
    const timeMs = (events: number): number => (events > 0 ? (point.lag / events) * elapsedMs : Infinity)
    const fallMs = timeMs(first.lag - point.lag)
    const workMs = timeMs(point.applied - first.applied)
    const isCatchingUp = fallMs < Infinity || workMs < FULL_SPEED_MS
    return { isCatchingUp, etaSeconds: isCatchingUp ? Math.round(Math.min(fallMs, workMs) / 1_000) : undefined }
  }
}
