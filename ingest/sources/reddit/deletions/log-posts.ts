import { jetstreamManager, type DirectBatchOptions, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { POSTS, subjects } from '../../../../schema/subjects.ts'
import { readBatch } from '../../../../schema/runtime/read-batch.ts'
import { parseJson } from '../../../../schema/runtime/parse-json.ts'
import type { StoredPage, StoredPost, StoredPosts } from '../../live/post-log.ts'

/** Posts are a kilobyte as a rule, and a hundred at most. */
const PAGE_MESSAGES = 256
const TIMEOUT_MS = 15_000
const SUBMITTED = subjects.postSubmitted('*')
const SOURCE = 'reddit'

/** The posts in POSTS, read without a consumer. */
export class LogPosts implements StoredPosts {
  readonly #jsm: JetStreamManager

  private constructor(jsm: JetStreamManager) {
    this.#jsm = jsm
  }

  static async open(connection: NatsConnection): Promise<LogPosts> {
    return new LogPosts(await jetstreamManager(connection))
  }

  async identity(): Promise<string> {
    return (await this.#jsm.streams.info(POSTS)).created
  }

  async before(utc: number): Promise<number> {
    const { state } = await this.#jsm.streams.info(POSTS)
    const [first] = await this.#getBatch({ start_time: new Date(utc * 1_000), batch: 1 })
    return first === undefined ? state.last_seq : first.seq - 1
  }

  async read(after: number): Promise<StoredPage> {
    const messages = await this.#getBatch({ seq: after + 1, batch: PAGE_MESSAGES, next_by_subj: SUBMITTED })
    return { posts: messages.flatMap((message) => toPost(message) ?? []), through: messages.at(-1)?.seq ?? after }
  }

  /** @throws when the server does not answer to the end */
  async #getBatch(options: DirectBatchOptions): Promise<StoredMsg[]> {
    const late = new AbortController()
    const reason = new Error(`${POSTS} could not be read: no answer within ${TIMEOUT_MS / 1_000} s`)
    const timer = setTimeout(() => late.abort(reason), TIMEOUT_MS)
    try {
      return await readBatch(this.#jsm, POSTS, options, late.signal)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Undefined where it is no post of Reddit's. */
function toPost({ data, seq: sequence, time }: StoredMsg): StoredPost | undefined {
  const event = parseJson(Buffer.from(data).toString('utf8')) as Readonly<Record<string, unknown>> | null | undefined
  const { type, id, subreddit, created_utc: createdUtc, source } = event ?? {}
  if (type !== 'PostSubmitted' || source !== SOURCE) return undefined
  if (typeof id !== 'string' || typeof subreddit !== 'string' || typeof createdUtc !== 'number') return undefined
  return { sequence, id, subreddit, createdUtc, storedUtc: time.getTime() / 1_000 }
}
