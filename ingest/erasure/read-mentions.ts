import { parseJson } from '../../schema/runtime/parse-json.ts'
import { isPostId, plainPostId } from '../../schema/post-id.ts'
import { checkEvent, type PostErased } from '../../schema/events.ts'
import { DEAD, POSTS, subjects } from '../../schema/subjects.ts'
import type { TracedStream } from './post-trace.ts'

/** A message of the log, as far as it is needed here. */
export interface TracedMessage {
  readonly stream: TracedStream
  readonly subject: string
  readonly data: Uint8Array
  /** When the log stored it, milliseconds since the epoch. */
  readonly storedAtMs: number
}

type Json = Readonly<Record<string, unknown>>

/** One post that a message is about, or holds the text of. */
export interface Mention {
  readonly id: string
  /** Where the message says that the post is erased: it stays. */
  readonly erasure: PostErased | undefined
  /** The message as JSON where it is about this post; undefined where the post was only met in it. */
  readonly json: Json | undefined
}

const ERASED_PREFIX = subjects.postErased('')
/** Ids wherever they stand: rejected bytes may be cut off, and a crosspost carries the whole post that it is of. */
const ANY_ID = /"(?:id|name|post_id)"\s*:\s*"(?:t3_)?([0-9a-z]{1,10})"/gi

/**
 * Which of the wanted posts a message is of. Messages that are no valid events count as well, since a text is a text. In
 * DEAD every id in the bytes counts.
 * @param wanted base36 ids in lower case
 */
export function readMentions(message: TracedMessage, wanted: ReadonlySet<string>): Mention[] {
  const text = Buffer.from(message.data.buffer, message.data.byteOffset, message.data.byteLength).toString()
  const json = parseObject(text)
  const own = toPostId(json?.['post_id'] ?? json?.['id'])
  const isWanted = own !== undefined && wanted.has(own)
  const mentions: Mention[] = isWanted ? [{ id: own, erasure: toErasure(message, json!), json }] : []
  if (json !== undefined && message.stream !== DEAD) return mentions
  for (const id of idsIn(text)) {
    if (id !== own && wanted.has(id)) mentions.push({ id, erasure: undefined, json: undefined })
  }
  return mentions
}

/** Base36 in lower case, without `t3_`; undefined for anything that is no id. */
export function toPostId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const id = plainPostId(value.trim())
  return isPostId(id) ? id : undefined
}

/** As read models see it: what is no valid event erases nothing. */
function toErasure({ stream, subject, storedAtMs }: TracedMessage, json: Json): PostErased | undefined {
  if (stream !== POSTS || !subject.startsWith(ERASED_PREFIX)) return undefined
  try {
    const event = checkEvent(json, storedAtMs)
    return event.type === 'PostErased' ? event : undefined
  } catch {
    return undefined
  }
}

function parseObject(text: string): Json | undefined {
  const json = parseJson(text)
  return typeof json === 'object' && json !== null ? (json as Json) : undefined
}

const idsIn = (text: string): Set<string> => new Set(Array.from(text.matchAll(ANY_ID), ([, id]) => id!.toLowerCase()))
