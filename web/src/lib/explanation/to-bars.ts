import type { PostExplanationFragment } from '../generated/documents.ts'

export type Contribution = PostExplanationFragment['contributions'][number]

export interface Bar {
  readonly feature: string
  readonly pull: 'banter' | 'serious'
  /** From 0 to 1, relative to the strongest contribution. */
  readonly length: number
  /** The log-odds with sign and two decimals. */
  readonly value: string
}

/** Turns contributions into bars that share one scale. */
export function toBars(contributions: readonly Contribution[]): Bar[] {
  const strongest = Math.max(...contributions.map(({ logit }) => Math.abs(logit)))
  return contributions.map(({ feature, logit }) => ({
    feature: toVisible(feature),
    pull: logit < 0 ? 'banter' : 'serious',
    length: strongest === 0 ? 0 : Math.abs(logit) / strongest,
    value: formatLogit(logit),
  }))
}

/** Names a feature of invisible characters, such as the joiner inside an emoji, by its code points. */
const toVisible = (feature: string): string =>
  /^[\p{C}\p{M}\p{Z}]*$/u.test(feature) ? Array.from(feature, toCodePoint).join(' ') : feature

const toCodePoint = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** "+0.42", "−1.00", "0.00". */
export function formatLogit(logit: number): string {
  const digits = Math.abs(logit).toFixed(2)
  return digits === '0.00' ? digits : (logit < 0 ? '−' : '+') + digits
}
