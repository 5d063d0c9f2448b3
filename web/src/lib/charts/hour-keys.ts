import { WEEK_HOURS } from './hours.ts'

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -24,
  PageUp: 24,
  Home: -WEEK_HOURS,
  End: WEEK_HOURS,
}

/** The index of the hour that a slider key leads to; undefined for any other key. */
export function toHourIndex(key: string, index: number): number | undefined {
  const step = STEPS[key]
  return step === undefined ? undefined : Math.min(WEEK_HOURS - 1, Math.max(0, index + step))
}
