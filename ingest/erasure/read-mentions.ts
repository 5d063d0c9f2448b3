import { DEAD, POSTS, subjects } from '../../schema/subjects.ts'
import type { TracedStream } from './post-trace.ts'

/** A message of the log, as far as it is needed here. */
export interface TracedMessage {
  readonly stream: TracedStream
  readonly subject: string
  readonly data: Uint8Array
}

/** One post that a message is about, or holds the text of. */
export interface Mention {
  readonly id: string
  /** Whether it says that the post is erased: such a message stays. */
  readonly isErasure: boolean
  /** The message as JSON where it is about this post; undefined where the post was only met in it. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const ERASED_PREFIX = subjects.postErased('')
/** Ids wherever they stand: rejected bytes may be cut off, and a crosspost carries the whole post that it is of. */
const ANY_ID = /"(?:id|name|post_id)"\s*:\s*"(?:t3_)?([0-9a-z]{1,10})"/gi

/**
 * Which of the wanted posts a message is of. Messages that are no valid events count as well, since a text is a text. In
 * DEAD every id in the bytes counts.
 * @param wanted base36 ids in lower case
 */
export function readMentions({ stream, subject, data }: TracedMessage, wanted: ReadonlySet<string>): Mention[] {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  const json = parseObject(text)
  const isErasure = stream === POSTS && subject.startsWith(ERASED_PREFIX)
  const own = toPostId(json?.['post_id'] ?? json?.['id'])
  const mentions: Mention[] = own !== undefined && wanted.has(own) ? [{ id: own, isErasure, json }] : []
  if (isErasure || (json !== undefined && stream !== DEAD)) return mentions
  for (const id of idsIn(text)) {
    if (id !== own && wanted.has(id)) mentions.push({ id, isErasure, json: undefined })
  }
  return mentions
}

/** Base36 in lower case, without `t3_`; undefined for anything that is no id. */
export function toPostId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const id = value.trim().toLowerCase().replace(/^t3_/, '')
  return /^[0-9a-z]{1,10}$/.test(id) ? id : undefined
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const idsIn = (text: string): Set<string> => new Set(Array.from(text.matchAll(ANY_ID), ([, id]) => id!.toLowerCase()))
