/** Texts that share an inference call. */
export interface LengthGroup {
  /** The length to which each text is padded, in tokens. */
  readonly length: number
  /** The places of the texts in the list that was grouped. */
  readonly members: readonly number[]
}

export interface GroupingLimits {
  /** The length to which a text is padded. It depends only on the text, not on the others of its group. */
  readonly padTo: (length: number) => number
  /** The most tokens of a group, padding included; a text alone may have more. */
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
