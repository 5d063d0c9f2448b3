type Checkpoints = Readonly<Record<string, number>>

/**
 * Tells whether notices of a projector were lost: when what its read model had at one look was not announced by the next.
 * A later notice hides an earlier one that was lost, which takes a lost connection: call `reconnected` for that.
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
