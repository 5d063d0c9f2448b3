import type { Json } from './find-posts.ts'
import { isKnown } from './record-erasures.ts'

export interface Origin {
  readonly subreddit: string
  /** Seconds since the epoch. */
  readonly createdUtc: number
}

/** Where a message of a post was met. */
export interface MetMessage {
  /** The subject under which it was published first, also of a dead letter. */
  readonly subject: string
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly storedAtMs: number
  /** What in it is the post. */
  readonly about: Json | undefined
}

const SUBREDDIT = /"subreddit"\s*:\s*"([A-Za-z0-9_]{2,24})"/
/** Where not even the subject has one. Read models go by the post's id. */
const NO_SUBREDDIT = 'unknown'

/** Where a post belongs by its first message that says so in a way that an event may say it; undefined otherwise. */
export function readOrigin(id: string, about: Json | undefined): Origin | undefined {
  const { subreddit, created_utc: createdUtc } = about ?? {}
  if (typeof subreddit !== 'string' || typeof createdUtc !== 'number') return undefined
  return isKnown({ id, subreddit, createdUtc }) ? { subreddit, createdUtc } : undefined
}

/**
 * The nearest to it, of a message that is no event: what it names, else where and when it was published. An erasure must
 * not go unrecorded because what is erased is malformed.
 */
export function presumeOrigin(id: string, { subject, data, storedAtMs, about }: MetMessage): Origin {
  const inBytes = SUBREDDIT.exec(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1'))
  // A letter that a source wrote has no other subject than its own, which ends in the source.
  const inSubject = subject.startsWith('dead.') ? undefined : subject.split('.').at(-1)
  const names = [about?.['subreddit'], inBytes?.[1], inSubject]
  const storedUtc = Math.floor(storedAtMs / 1_000)
  const isSubreddit = (name: unknown): name is string =>
    typeof name === 'string' && isKnown({ id, subreddit: name, createdUtc: storedUtc })
  const subreddit = names.find(isSubreddit) ?? NO_SUBREDDIT
  const createdUtc = Number(about?.['created_utc'])
  return { subreddit, createdUtc: isKnown({ id, subreddit, createdUtc }) ? createdUtc : storedUtc }
}
