/** One measured figure beside its budget and the raw limit of what it stands on, all of the same run. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  /** The figure that the design asks for; at least or at most, by `better`. */
  readonly budget?: number
  readonly better: 'higher' | 'lower'
  /** What the machine gives when only the thing underneath runs. */
  readonly raw?: { readonly what: string; readonly measured: number }
}

const format = (value: number): string =>
  new Intl.NumberFormat('en', { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value)

/** A line for people: figure, how it stands to its budget and to the raw limit. */
export function toLine({ what, measured, unit, budget, better, raw }: Figure): string {
  const parts = [`${what.padEnd(52)} ${format(measured).padStart(10)} ${unit.padEnd(12)}`]
  if (budget !== undefined) {
    const share = better === 'higher' ? measured / budget : budget / measured
    parts.push(`budget ${better === 'higher' ? '≥' : '≤'} ${format(budget)} (${Math.round(share * 100)} % reached)`)
  }
  if (raw !== undefined)
    parts.push(`raw ${raw.what}: ${format(raw.measured)} (ratio ${format(measured / raw.measured)})`)
  return parts.join('  ')
}
