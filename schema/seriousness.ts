/**
 * Seriousness has four decimals. It is summed as an integer (0…10000), and so is its square, so that order, batches and
 * erasures cause no rounding errors.
 */
export const SERIOUSNESS_SCALE = 10_000

/** 0…1 to 0…10000. */
export const toFixedSeriousness = (seriousness: number): number => Math.round(seriousness * SERIOUSNESS_SCALE)

/** 0…10000 to 0…1, four decimals. */
export const fromFixedSeriousness = (fixed: number): number => fixed / SERIOUSNESS_SCALE

/** The mean of `posts` scores whose fixed values add up to `sum`; null without posts. */
export const meanSeriousness = (sum: number, posts: number): number | null =>
  posts === 0 ? null : sum / posts / SERIOUSNESS_SCALE

/** Population standard deviation from the fixed sum and sum of squares; null without posts. */
export function standardDeviation(sum: number, sumOfSquares: number, posts: number): number | null {
  if (posts === 0) return null
  const mean = sum / posts
  return Math.sqrt(Math.max(0, sumOfSquares / posts - mean * mean)) / SERIOUSNESS_SCALE
}
