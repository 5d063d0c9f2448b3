import type { Json } from './find-posts.ts'
import type { Origin } from './post-trace.ts'
import { isKnown } from './record-erasures.ts'

/** A message that mentions a post. */
export interface FoundMessage {
  /** The subject under which it was published. For a dead letter: the subject of the rejected event. */
  readonly subject: string
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly storedAtMs: number
  /** The JSON object in the message that states the post's id. */
  readonly about: Json | undefined
}

const SUBREDDIT = /"subreddit"\s*:\s*"([A-Za-z0-9_]{2,24})"/
/** Recorded when even the subject names no subreddit. Read models identify a post by its id alone. */
const NO_SUBREDDIT = 'unknown'

/** The subreddit and time that an object states; undefined unless both are valid in an event. */
export function readOrigin(id: string, about: Json | undefined): Origin | undefined {
  const { subreddit, created_utc: createdUtc } = about ?? {}
  if (typeof subreddit !== 'string' || typeof createdUtc !== 'number') return undefined
  return isKnown({ id, subreddit, createdUtc }) ? { subreddit, createdUtc } : undefined
}

/**
 * Guesses subreddit and time of a post from a message that is not a valid event. It takes what the message states, else the
 * subreddit in its subject and the time when it was stored. Without a guess no erasure could be recorded.
 */
export function presumeOrigin(id: string, { subject, data, storedAtMs, about }: FoundMessage): Origin {
  const inBytes = SUBREDDIT.exec(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1'))
  // The subject of a dead letter ends in the name of a process.
  const inSubject = subject.startsWith('dead.') ? undefined : subject.split('.').at(-1)
  const names = [about?.['subreddit'], inBytes?.[1], inSubject]
  const storedUtc = Math.floor(storedAtMs / 1_000)
  const isSubreddit = (name: unknown): name is string =>
    typeof name === 'string' && isKnown({ id, subreddit: name, createdUtc: storedUtc })
  const subreddit = names.find(isSubreddit) ?? NO_SUBREDDIT
  const createdUtc = Number(about?.['created_utc'])
  return { subreddit, createdUtc: isKnown({ id, subreddit, createdUtc }) ? createdUtc : storedUtc }
}
