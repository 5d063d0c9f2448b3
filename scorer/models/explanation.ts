/** How far one word, pair of words, part of a word or measure of form moved a post's score. */
export interface Contribution {
  /**
   * A word or pair of words as the scoring model reads it, the beginning (`elect…`) or the end (`…ion`) of a word, or a
   * measure that begins with `form: `, `first word: `, `last word: ` or `rest: `.
   */
  readonly feature: string
  /** What was added to the log-odds of being serious. A value above 0 pushed the score up. */
  readonly logit: number
}

export interface Explanation {
  /** The score of the post, from 0 to 1, as the scorer gives it. */
  readonly seriousness: number
  /** The log-odds of an empty post. */
  readonly base: number
  /** The contributions, the strongest first. With `base` they add up to the log-odds of the score, to about 0.001. */
  readonly contributions: readonly Contribution[]
}

/**
 * The name of the effect that the parts of a post have together, beyond their single effects. A linear model has no
 * such rest.
 */
const REST = 'rest: what words do together'
/** A smaller rest is noise of single precision. */
const MIN_REST = 1e-3

export interface ExplanationParts {
  readonly seriousness: number
  readonly base: number
  /** The log-odds of the whole post. */
  readonly whole: number
  readonly contributions: readonly Contribution[]
}

/** Ranks contributions, and adds the part of the score that they leave unexplained as a contribution of its own. */
export function toExplanation({ seriousness, base, whole, contributions }: ExplanationParts): Explanation {
  const rest = contributions.reduce((left, { logit }) => left - logit, whole - base)
  const all = Math.abs(rest) < MIN_REST ? contributions : [...contributions, { feature: REST, logit: rest }]
  return { seriousness, base, contributions: all.toSorted((a, b) => Math.abs(b.logit) - Math.abs(a.logit)) }
}
