/**
 * What a projector says on `changes.<projection>` after each commit (core NATS, not stored, JSON). A lost notice costs
 * freshness only: the next one, or a reader's own poll, makes up for it.
 */
export interface ChangeNotice {
  readonly projection: string
  /** Sequence applied in each stream, this commit included. */
  readonly checkpoints: Readonly<Record<string, number>>
  /** Subreddits (lower case) whose rows changed; empty for `posts`, whose readers follow `scores.sequence`. */
  readonly subreddits: readonly string[]
}
