/** A range of sequences, both ends inclusive. */
export type SequenceRange = readonly [number, number]

/** Joins ascending sequences to ranges. */
export function toRanges(sequences: Iterable<number>): SequenceRange[] {
  const ranges: [number, number][] = []
  for (const sequence of sequences) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === sequence - 1) last[1] = sequence
    else ranges.push([sequence, sequence])
  }
  return ranges
}

/** The parts of a range that other ranges do not cover. The other ranges are ascending and overlap it. */
export function subtractRanges([first, last]: SequenceRange, others: Iterable<SequenceRange>): SequenceRange[] {
  const left: SequenceRange[] = []
  let next = first
  for (const [from, to] of others) {
    if (from > next) left.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= last) left.push([next, last])
  return left
}

/** The number of sequences in ranges that do not overlap. */
export const countSequences = (ranges: Iterable<SequenceRange>): number => {
  let count = 0
  for (const [first, last] of ranges) count += last - first + 1
  return count
}
