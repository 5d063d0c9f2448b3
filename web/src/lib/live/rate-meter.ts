const WINDOW_MS = 10_000
/** Two looks that are closer say more about their own timing than about the rate. */
const SHORTEST_MS = 900

/** How fast a total grows, by looks at it. */
export class RateMeter {
  #looks: { readonly atMs: number; readonly total: number }[] = []

  /** @returns the growth per second over the last ten seconds; undefined until two looks are far enough apart */
  look(total: number, atMs: number): number | undefined {
    this.#looks = [...this.#looks.filter((look) => atMs - look.atMs <= WINDOW_MS), { atMs, total }]
    const first = this.#looks[0]!
    if (atMs - first.atMs < SHORTEST_MS) return undefined
    return Math.max(0, ((total - first.total) * 1_000) / (atMs - first.atMs))
  }
}
