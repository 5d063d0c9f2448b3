/** A measured figure with its budget, and with the raw limit of the operation that it depends on, from the same run. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  /** The figure that the design asks for, as a minimum or a maximum, depending on `better`. */
  readonly budget?: number
  readonly better: 'higher' | 'lower'
  /** The figure of the bare operation on this machine. */
  readonly raw?: { readonly what: string; readonly measured: number }
}

const format = (value: number): string =>
  new Intl.NumberFormat('en', { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value)

/** Writes a line with the figure, its share of the budget, and its ratio to the raw limit. */
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
