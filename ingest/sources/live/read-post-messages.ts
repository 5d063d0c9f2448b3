import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { parseJson } from '../../../schema/runtime/parse-json.ts'
import { readBatch } from '../../../schema/runtime/read-batch.ts'
import { subjectPattern } from '../../../schema/events.ts'
import { POSTS } from '../../../schema/streams.ts'

/** Most messages have about a kilobyte; the longest have a hundred. */
const PAGE_MESSAGES = 256
const TIMEOUT_MS = 15_000
const SUBMITTED = subjectPattern('PostSubmitted')
const ERASED = subjectPattern('PostErased')

/** Reads messages of POSTS without a consumer. @throws when the server does not send all of them in time */
export async function readPostMessages(jsm: JetStreamManager, options: DirectBatchOptions): Promise<StoredMsg[]> {
  const late = new AbortController()
  const reason = new Error(`${POSTS} could not be read: no answer within ${TIMEOUT_MS / 1_000} s`)
  const timer = setTimeout(() => late.abort(reason), TIMEOUT_MS)
  try {
    return await readBatch(jsm, POSTS, options, late.signal)
  } finally {
    clearTimeout(timer)
  }
}

const readAfter = (jsm: JetStreamManager, after: number, subject: string): Promise<StoredMsg[]> =>
  readPostMessages(jsm, { seq: after + 1, batch: PAGE_MESSAGES, next_by_subj: subject })

/** Reads a page of submitted posts with sequences above `after`. @throws as {@link readPostMessages} */
export const readSubmittedAfter = (jsm: JetStreamManager, after: number): Promise<StoredMsg[]> =>
  readAfter(jsm, after, SUBMITTED)

/** Reads a page of recorded erasures with sequences above `after`. @throws as {@link readPostMessages} */
export const readErasedAfter = (jsm: JetStreamManager, after: number): Promise<StoredMsg[]> =>
  readAfter(jsm, after, ERASED)

/** The fields of an event. A message that is not a JSON object has none. */
function fieldsOf({ data }: StoredMsg): Readonly<Record<string, unknown>> {
  const value = parseJson(Buffer.from(data).toString('utf8'))
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/**
 * Reads the ids of the posts that the last messages of POSTS stored or erased: first the erased ones, then the stored ones, each
 * oldest first.
 * @param messages how many of the last sequences to read
 * @throws as {@link readPostMessages}
 */
export async function readNewestIds(jsm: JetStreamManager, messages: number): Promise<string[]> {
  const { last_seq: last } = (await jsm.streams.info(POSTS)).state
  const range = { after: Math.max(0, last - messages), last }
  const erased = await readIds(jsm, { ...range, subject: ERASED, field: 'post_id' })
  return [...erased, ...(await readIds(jsm, { ...range, subject: SUBMITTED, field: 'id' }))]
}

interface Range {
  /** The range begins after this sequence. */
  readonly after: number
  /** The last sequence of the range. */
  readonly last: number
  readonly subject: string
  /** The field of the event that holds the post's id. */
  readonly field: string
}

async function readIds(jsm: JetStreamManager, { after, last, subject, field }: Range): Promise<string[]> {
  const ids: string[] = []
  for (let at = after; at < last;) {
    const page = await readAfter(jsm, at, subject)
    if (page.length === 0) break
    ids.push(...page.map((message) => fieldsOf(message)[field]).filter((id) => typeof id === 'string'))
    at = page.at(-1)!.seq
  }
  return ids
}
