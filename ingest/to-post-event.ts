import { plainPostId } from '../schema/post-id.ts'
import { checkEvent } from '../schema/decode-event.ts'
import type { PostSubmitted } from '../schema/events.ts'
import {
  cutText,
  MAX_FLAIR_LENGTH,
  MAX_PERMALINK_LENGTH,
  MAX_SELFTEXT_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
} from '../schema/post-limits.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'

/** A Reddit submission as the API and the dumps contain it. Any field may be missing or of another type. */
type Submission = Readonly<Record<string, unknown>>

/**
 * Whether a dump says that the post was deleted on Reddit after it had been archived. Such posts must not be imported.
 * Source: the `_meta` object of Arctic Shift's dumps since 2023-11.
 */
export function wasDeletedLater(submission: unknown): boolean {
  const meta = (submission as { _meta?: { was_deleted_later?: unknown } } | null)?._meta
  return meta?.was_deleted_later === true
}

/**
 * Converts a Reddit submission into an event: only known fields, never the author, and texts cut to the schema's limits.
 * @param nowMs the current time, milliseconds since the epoch
 * @throws EventRejectedError when it is not a valid post
 */
export function toPostEvent(submission: unknown, source: string, nowMs: number): PostSubmitted {
  if (typeof submission !== 'object' || submission === null || Array.isArray(submission)) {
    throw new EventRejectedError('not a JSON object')
  }
  const from = submission as Submission
  const event = {
    type: 'PostSubmitted',
    id: toId(from['id'] ?? from['name']),
    subreddit: from['subreddit'],
    // A title of another type is kept, so that the error of `checkEvent` names it.
    title: cut(from['title'], MAX_TITLE_LENGTH) ?? from['title'],
    selftext: cut(from['selftext'], MAX_SELFTEXT_LENGTH),
    created_utc: toSeconds(from['created_utc']),
    permalink: within(from['permalink'], MAX_PERMALINK_LENGTH),
    url: within(from['url'], MAX_URL_LENGTH),
    is_self: toBoolean(from['is_self']),
    over_18: toBoolean(from['over_18']),
    link_flair_text: cut(from['link_flair_text'], MAX_FLAIR_LENGTH),
    source,
  }
  return checkEvent(event, nowMs) as PostSubmitted
}

const toId = (id: unknown): unknown => (typeof id === 'string' ? plainPostId(id) : id)

/** Old dumps give the time as a string, some of them as a fraction. Any other value is kept for the error of `checkEvent`. */
function toSeconds(time: unknown): unknown {
  const value = typeof time === 'string' && time.trim() !== '' ? Number(time) : time
  return typeof value === 'number' ? Math.floor(value) : value
}

/** An optional field of another type is left out, because the post is still worth storing. */
const toBoolean = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

const within = (value: unknown, max: number): string | null =>
  typeof value === 'string' && value.length <= max ? value : null

/** Cuts a text to `max` UTF-16 units. @returns null when the value is not a text */
const cut = (value: unknown, max: number): string | null => (typeof value === 'string' ? cutText(value, max) : null)
