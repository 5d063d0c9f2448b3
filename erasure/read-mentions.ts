import { checkEvent, decodeValidEvent } from '../schema/decode-event.ts'
import {
  EVENT_TYPES,
  EVENTS,
  subjectPrefix,
  type EventType,
  type GravitasEvent,
  type PostErased,
} from '../schema/events.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'
import { parseJson } from '../schema/runtime/parse-json.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { findPosts, findPostsInText, type FoundPosts, type Json } from './find-posts.ts'
import type { TracedStream } from './post-trace.ts'

/** A message of the log. */
export interface TracedMessage {
  readonly stream: TracedStream
  readonly subject: string
  readonly data: Uint8Array
  /** When the log stored it, milliseconds since the epoch. */
  readonly storedAtMs: number
}

/** One post that a message is about, or whose text it holds. */
export interface Mention {
  readonly id: string
  /** Set where the message is the record of this post's erasure, which is not deleted. */
  readonly erasure: PostErased | undefined
  /** The object that states the post's id; undefined where the id was found by a pattern. */
  readonly about: Json | undefined
  /** Set where the message is a valid event of another post, which read models count: the id of that post. */
  readonly carrier: string | undefined
}

const ERASED_PREFIX = subjectPrefix('PostErased')

const FIELDS: ReadonlyMap<EventType, ReadonlySet<string>> = new Map(
  EVENT_TYPES.map((type) => [type, new Set(Object.keys(EVENTS[type].schema.properties))]),
)

/**
 * The wanted posts that a message is about. A valid event is about one post, whatever it links to. In fields that its schema
 * does not name, and in a message that is not a valid event, every id counts at any place: the post's text may lie there.
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
  // A PostErased that holds the text of another post is deleted and replaced by another record.
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

/** The fields that the schema of this type does not name; undefined where there are none, as in nearly every event. */
function strangeFieldsOf(event: GravitasEvent): Json | undefined {
  const fields = FIELDS.get(event.type)!
  let strange: Record<string, unknown> | undefined
  for (const field in event) {
    if (!fields.has(field)) (strange ??= {})[field] = event[field as keyof GravitasEvent]
  }
  return strange
}

/** The event's own post, where read models count it; they do not read DEAD. */
function carrierOf({ stream, data, subject, storedAtMs }: TracedMessage, own: string): string | undefined {
  return stream !== DEAD && decodeValidEvent(data, subject, storedAtMs) !== undefined ? own : undefined
}

/** The record of an erasure, judged as read models judge it: only a valid event erases. */
function toErasure({ stream, subject, data, storedAtMs }: TracedMessage): PostErased | undefined {
  if (stream !== POSTS || !subject.startsWith(ERASED_PREFIX)) return undefined
  const event = decodeValidEvent(data, subject, storedAtMs)
  return event?.type === 'PostErased' ? event : undefined
}
