const WINDOW_MS = 600_000

/** Counts the events that DEAD took in the last ten minutes, from its last sequence, which never falls. */
export class DeadLetterCount {
  /** The last sequence from each time on at which it changed, oldest first. */
  #points: { readonly atMs: number; readonly sequence: number }[] = []

  add(atMs: number, sequence: number | undefined): number {
    if (sequence === undefined) return 0
    const last = this.#points.at(-1)
    // The stream was made again.
    if (last !== undefined && sequence < last.sequence) this.#points = []
    if (sequence !== this.#points.at(-1)?.sequence) this.#points.push({ atMs, sequence })
    // Keeps one point from before the window: the sequence with which the window began.
    while (this.#points.length > 1 && atMs - this.#points[1]!.atMs > WINDOW_MS) this.#points.shift()
    return sequence - this.#points[0]!.sequence
  }
}
