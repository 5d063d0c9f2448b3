/** Seconds that [from, until) and [otherFrom, otherUntil) have in common. */
export const overlap = (from: number, until: number, otherFrom: number, otherUntil: number): number =>
  Math.max(0, Math.min(until, otherUntil) - Math.max(from, otherFrom))
