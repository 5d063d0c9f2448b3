import { checkEvent, decodeValidEvent } from '../schema/decode-event.ts'
import {
  PostErased,
  PostScored,
  PostSubmitted,
  subjectPrefix,
  type EventType,
  type GravitasEvent,
} from '../schema/events.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'
import { parseJson } from '../schema/runtime/parse-json.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { findPosts, findPostsInText, type FoundPosts, type Json } from './find-posts.ts'
import type { TracedStream } from './post-trace.ts'

/** A message of the log, as far as it is needed here. */
export interface TracedMessage {
  readonly stream: TracedStream
  readonly subject: string
  readonly data: Uint8Array
  /** When the log stored it, milliseconds since the epoch. */
  readonly storedAtMs: number
}

/** One post that a message is about, or holds the text of. */
export interface Mention {
  readonly id: string
  /** Where the message says that the post is erased: it stays. */
  readonly erasure: PostErased | undefined
  /** What in the message is this post; undefined where its id was only met in the bytes. */
  readonly about: Json | undefined
  /** Where the message is a valid event of another post, which read models count: that post. */
  readonly carrier: string | undefined
}

const ERASED_PREFIX = subjectPrefix('PostErased')

const FIELDS: Partial<Record<EventType, ReadonlySet<string>>> = {
  PostSubmitted: new Set(Object.keys(PostSubmitted.properties)),
  PostErased: new Set(Object.keys(PostErased.properties)),
  PostScored: new Set(Object.keys(PostScored.properties)),
}

/**
 * Which of the wanted posts a message is of. A valid event is of one post, whatever it links to. In fields that events do
 * not have, and in whatever is no valid event, every id counts at any place, since a text is a text.
 * @param wanted base36 ids in lower case
 */
export function readMentions(message: TracedMessage, wanted: { has(id: string): boolean }): Mention[] {
  const { data, storedAtMs } = message
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  const event = toEvent(parseJson(text), storedAtMs)
  const own = event === undefined ? undefined : postOf(event)
  if (own === undefined) return toMentions(findPostsInText(text), wanted)
  const strange = strangeFieldsOf(event!)
  const inside = strange === undefined ? [] : toMentions(findPosts(strange), wanted, own, carrierOf(message, own))
  if (!wanted.has(own)) return inside
  // An erasure that carries the text of another post goes, and is recorded anew.
  const erasure = inside.length > 0 ? undefined : toErasure(message)
  return [{ id: own, erasure, about: event, carrier: undefined }, ...inside]
}

function toMentions(
  found: FoundPosts,
  wanted: { has(id: string): boolean },
  own?: string,
  carrier?: string,
): Mention[] {
  const mentions: Mention[] = []
  for (const [id, about] of found) {
    if (id !== own && wanted.has(id)) mentions.push({ id, erasure: undefined, about, carrier })
  }
  return mentions
}

function toEvent(json: unknown, storedAtMs: number): GravitasEvent | undefined {
  try {
    return checkEvent(json, storedAtMs)
  } catch (error) {
    if (error instanceof EventRejectedError) return undefined
    throw error
  }
}

const postOf = (event: GravitasEvent): string | undefined =>
  'post_id' in event ? event.post_id : 'id' in event ? event.id : undefined

/** What no event of this type has; undefined where there is nothing, as in nearly every event. */
function strangeFieldsOf(event: GravitasEvent): Json | undefined {
  const fields = FIELDS[event.type]
  let strange: Record<string, unknown> | undefined
  for (const field in event) {
    if (fields?.has(field) !== true) (strange ??= {})[field] = event[field as keyof GravitasEvent]
  }
  return strange
}

/** In DEAD nobody counts anything. */
function carrierOf({ stream, data, subject, storedAtMs }: TracedMessage, own: string): string | undefined {
  return stream !== DEAD && decodeValidEvent(data, subject, storedAtMs) !== undefined ? own : undefined
}

/** As read models see it: what is no valid event erases nothing. */
function toErasure({ stream, subject, data, storedAtMs }: TracedMessage): PostErased | undefined {
  if (stream !== POSTS || !subject.startsWith(ERASED_PREFIX)) return undefined
  const event = decodeValidEvent(data, subject, storedAtMs)
  return event?.type === 'PostErased' ? event : undefined
}
