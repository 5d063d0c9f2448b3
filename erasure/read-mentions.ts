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

/** A post that a message is about, or whose text it may hold. */
export interface Mention {
  readonly id: string
  /** Set when the message is the record of this post's erasure. Such a message is not deleted. */
  readonly erasure: PostErased | undefined
  /** The object that states the post's id; undefined if the id was found by a pattern. */
  readonly about: Json | undefined
  /** The id of another post, when the message is a valid event of that post, which read models count. */
  readonly carrier: string | undefined
}

const ERASED_PREFIX = subjectPrefix('PostErased')

const FIELDS: ReadonlyMap<EventType, ReadonlySet<string>> = new Map(
  EVENT_TYPES.map((type) => [type, new Set(Object.keys(EVENTS[type].schema.properties))]),
)

/**
 * Finds which of the wanted posts a message mentions. A valid event is about one post, even if it links to others. In fields
 * that its schema does not name, and in a message that is not a valid event, every id counts, because the post's text may be there.
 * @param wanted base36 ids in lower case
 */
export function readMentions(message: TracedMessage, wanted: { has(id: string): boolean }): Mention[] {
  const { data, storedAtMs } = message
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  const event = toEvent(parseJson(text), storedAtMs)
  const own = event === undefined ? undefined : postOf(event)
  if (own === undefined) return toMentions(findPostsInText(text), wanted)
  const extra = extraFieldsOf(event!)
  const inside = extra === undefined ? [] : toMentions(findPosts(extra), wanted, own, carrierOf(message, own))
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

/** The fields that the schema of this type does not name; undefined when there are none, as in nearly every event. */
function extraFieldsOf(event: GravitasEvent): Json | undefined {
  const fields = FIELDS.get(event.type)!
  let extra: Record<string, unknown> | undefined
  for (const field in event) {
    if (!fields.has(field)) (extra ??= {})[field] = event[field as keyof GravitasEvent]
  }
  return extra
}

/** The event's own post if read models count it; undefined otherwise. They do not read DEAD. */
function carrierOf({ stream, data, subject, storedAtMs }: TracedMessage, own: string): string | undefined {
  return stream !== DEAD && decodeValidEvent(data, subject, storedAtMs) !== undefined ? own : undefined
}

/**
 * Returns the message as the record of an erasure, if it is one. As for read models, only a valid event is a record.
 */
function toErasure({ stream, subject, data, storedAtMs }: TracedMessage): PostErased | undefined {
  if (stream !== POSTS || !subject.startsWith(ERASED_PREFIX)) return undefined
  const event = decodeValidEvent(data, subject, storedAtMs)
  return event?.type === 'PostErased' ? event : undefined
}
