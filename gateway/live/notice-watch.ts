type Checkpoints = Readonly<Record<string, number>>

/**
 * Detects lost change notices of a projector: the read model had applied events at one check, and no notice had
 * announced them by the next check. A later notice hides an earlier one that was lost with the connection, so
 * `reconnected` counts as a loss.
 */
export class NoticeWatch {
  #announced: Checkpoints = {}
  #seen: Checkpoints = {}
  #isUncertain = false

  noticed(checkpoints: Checkpoints): void {
    this.#announced = checkpoints
  }

  reconnected(): void {
    this.#isUncertain = true
  }

  /** @param now the checkpoints in the read model */
  missed(now: readonly { readonly stream: string; readonly sequence: number }[]): boolean {
    const before = this.#seen
    const isBehind = Object.keys(before).some((stream) => before[stream]! > (this.#announced[stream] ?? 0))
    this.#seen = Object.fromEntries(now.map(({ stream, sequence }) => [stream, sequence]))
    if (!isBehind && !this.#isUncertain) return false
    this.#isUncertain = false
    this.#announced = this.#seen
    return true
  }
}
