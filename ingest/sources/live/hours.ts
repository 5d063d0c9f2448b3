/** For how many seconds the times [from, until) and [otherFrom, otherUntil) overlap. */
export const overlap = (from: number, until: number, otherFrom: number, otherUntil: number): number =>
  Math.max(0, Math.min(until, otherUntil) - Math.max(from, otherFrom))
