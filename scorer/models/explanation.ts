/** What one word, pair of words, part of a word or measure of form did to a post's score. */
export interface Contribution {
  /**
   * A word or pair of words as it is read, the beginning (`elect…`) or the end (`…ion`) of a word, or a measure after `form: `,
   * `first word: `, `last word: ` or `rest: `.
   */
  readonly feature: string
  /** Added to the log-odds of being serious: above 0 it pushed the score up. */
  readonly logit: number
}

export interface Explanation {
  /** 0…1, as the scorer gives it. */
  readonly seriousness: number
  /** The log-odds before anything of the post is read: of a post without a feature, or without a word. */
  readonly base: number
  /** The strongest first; with `base` they add up to the score's log-odds, to about 0.001. */
  readonly contributions: readonly Contribution[]
}

/** What the parts of a post do together beyond what each does alone; a linear model has none of it. */
const REST = 'rest: what words do together'
/** Below it lies the noise of single precision. */
const MIN_REST = 1e-3

export interface ExplanationParts {
  readonly seriousness: number
  readonly base: number
  /** The log-odds of the whole post. */
  readonly whole: number
  readonly contributions: readonly Contribution[]
}

/** Ranks contributions, and adds what they leave unexplained as one of its own. */
export function toExplanation({ seriousness, base, whole, contributions }: ExplanationParts): Explanation {
  const rest = contributions.reduce((left, { logit }) => left - logit, whole - base)
  const all = Math.abs(rest) < MIN_REST ? contributions : [...contributions, { feature: REST, logit: rest }]
  return { seriousness, base, contributions: all.toSorted((a, b) => Math.abs(b.logit) - Math.abs(a.logit)) }
}
