const WINDOW_MS = 10_000
/** Two samples that are closer together give a rate that depends more on their timing than on the total. */
const SHORTEST_MS = 900

/** Measures how fast a total grows from samples of it. */
export class RateMeter {
  #samples: { readonly atMs: number; readonly total: number }[] = []

  /** Adds a sample. @returns the growth per second over the last ten seconds; undefined until two samples are far enough apart */
  add(total: number, atMs: number): number | undefined {
    this.#samples = [...this.#samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS), { atMs, total }]
    const first = this.#samples[0]!
    if (atMs - first.atMs < SHORTEST_MS) return undefined
    return Math.max(0, ((total - first.total) * 1_000) / (atMs - first.atMs))
  }
}
