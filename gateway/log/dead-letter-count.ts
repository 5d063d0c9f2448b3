const WINDOW_MS = 600_000

/** Counts the events that DEAD took in the last ten minutes, from its last sequence, which never falls. */
export class DeadLetterCount {
  /** The last sequence at each time at which it changed, oldest first. */
  #points: { readonly atMs: number; readonly sequence: number }[] = []

  add(atMs: number, sequence: number | undefined): number {
    if (sequence === undefined) return 0
    const last = this.#points.at(-1)
    // The stream was re-created.
    if (last !== undefined && sequence < last.sequence) this.#points = []
    if (sequence !== this.#points.at(-1)?.sequence) this.#points.push({ atMs, sequence })
    // One point from before the window is kept: it has the last sequence at the beginning of the window.
    while (this.#points.length > 1 && atMs - this.#points[1]!.atMs > WINDOW_MS) this.#points.shift()
    return sequence - this.#points[0]!.sequence
  }
}
