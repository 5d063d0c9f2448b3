import { SERIOUSNESS_SCALE } from '../../schema/seriousness.ts'

/** Rounds to the four decimals that a seriousness has. */
export const toFourDecimals = (value: number): number => Math.round(value * SERIOUSNESS_SCALE) / SERIOUSNESS_SCALE

/** Half the step of single precision below 1. With it, a score of 0 or 1 gets log-odds of about ±16.6. */
const EDGE = 2 ** -24

/** The log-odds of a probability. */
export function toLogit(probability: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability))
  return Math.log(inside / (1 - inside))
}
