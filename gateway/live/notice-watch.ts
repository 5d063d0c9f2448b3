type Checkpoints = Readonly<Record<string, number>>

/**
 * Detects lost change notices of a projector. The next notice reveals it, because it names the checkpoints of the notice
 * before. If no other notice follows, the read model reveals it: it had applied events at one check, and no notice had
 * announced them by the next check.
 */
export class NoticeWatch {
  #announced: Checkpoints = {}
  #seen: Checkpoints = {}

  /**
   * Takes note of a notice.
   * @param before the checkpoints of the projector's previous notice
   * @returns whether notices before this one were lost
   */
  noticed(checkpoints: Checkpoints, before: Checkpoints): boolean {
    const isLost = !isSame(before, this.#announced)
    this.#announced = checkpoints
    return isLost
  }

  /** @param now the checkpoints in the read model */
  missed(now: readonly { readonly stream: string; readonly sequence: number }[]): boolean {
    const isBehind = Object.keys(this.#seen).some((stream) => this.#seen[stream]! > (this.#announced[stream] ?? 0))
    this.#seen = Object.fromEntries(now.map(({ stream, sequence }) => [stream, sequence]))
    if (isBehind) this.#announced = this.#seen
    return isBehind
  }
}

const isSame = (a: Checkpoints, b: Checkpoints): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((stream) => (a[stream] ?? 0) === (b[stream] ?? 0))
