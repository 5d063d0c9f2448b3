/** Texts that share an inference call. */
export interface LengthGroup {
  /** To which each of them is padded, in tokens. */
  readonly length: number
  /** Which ones, by their places in what was grouped. */
  readonly members: readonly number[]
}

export interface GroupingLimits {
  /** To which length a text of some length is padded: its own affair, whatever its company. */
  readonly padTo: (length: number) => number
  /** Tokens of a group, padding among them; a single text may have more. */
  readonly maxTokens: number
  readonly maxMembers: number
}

/** Groups texts of one padded length, so that padding costs little. */
export function groupByLength(lengths: readonly number[], limits: GroupingLimits): LengthGroup[] {
  const { padTo, maxTokens, maxMembers } = limits
  const groups: LengthGroup[] = []
  const byLength = Map.groupBy(lengths.keys(), (at) => padTo(lengths[at]!))
  for (const [length, all] of byLength) {
    const size = Math.max(1, Math.min(maxMembers, Math.floor(maxTokens / length)))
    for (let at = 0; at < all.length; at += size) groups.push({ length, members: all.slice(at, at + size) })
  }
  return groups
}
