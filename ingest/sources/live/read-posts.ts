import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { parseJson } from '../../../schema/runtime/parse-json.ts'
import { readBatch } from '../../../schema/runtime/read-batch.ts'
import { POSTS, subjects } from '../../../schema/subjects.ts'

/** Posts are a kilobyte as a rule, and a hundred at most. */
const PAGE_MESSAGES = 256
const TIMEOUT_MS = 15_000
const SUBMITTED = subjects.postSubmitted('*')

/** Messages of POSTS, read without a consumer. @throws when the server does not answer to the end */
export async function readPosts(jsm: JetStreamManager, options: DirectBatchOptions): Promise<StoredMsg[]> {
  const late = new AbortController()
  const reason = new Error(`${POSTS} could not be read: no answer within ${TIMEOUT_MS / 1_000} s`)
  const timer = setTimeout(() => late.abort(reason), TIMEOUT_MS)
  try {
    return await readBatch(jsm, POSTS, options, late.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** A page of submitted posts with sequences above `after`. @throws as {@link readPosts} */
export const readSubmittedAfter = (jsm: JetStreamManager, after: number): Promise<StoredMsg[]> =>
  readPosts(jsm, { seq: after + 1, batch: PAGE_MESSAGES, next_by_subj: SUBMITTED })

/** The fields of an event; none where it is no JSON object. */
export function fieldsOf({ data }: StoredMsg): Readonly<Record<string, unknown>> {
  const value = parseJson(Buffer.from(data).toString('utf8'))
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Ids of the posts among the last so many messages of POSTS, the oldest first. @throws as {@link readPosts} */
export async function readNewestIds(jsm: JetStreamManager, messages: number): Promise<string[]> {
  const { last_seq: last } = (await jsm.streams.info(POSTS)).state
  const ids: string[] = []
  for (let after = Math.max(0, last - messages); after < last;) {
    const page = await readSubmittedAfter(jsm, after)
    if (page.length === 0) break
    for (const message of page) {
      const { id } = fieldsOf(message)
      if (typeof id === 'string') ids.push(id)
    }
    after = page.at(-1)!.seq
  }
  return ids
}
