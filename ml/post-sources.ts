import { readBatch } from '../schema/runtime/read-batch.ts'
import { parseJson } from '../schema/runtime/parse-json.ts'
import { plainPostId } from '../schema/post-id.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import type { DecompressOptions } from '../schema/runtime/decompress.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { describeInputFailure } from '../schema/runtime/input-failure.ts'
import { inputName } from '../schema/runtime/input-file.ts'
import { connectNats, type ServerAddress } from '../schema/runtime/nats.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { requireServer } from '../schema/runtime/require-server.ts'
import { isBlankLine } from '../schema/runtime/split-lines.ts'
import { POSTS } from '../schema/streams.ts'
import { cleanText } from '../scorer/models/features.ts'

/** A post for training or evaluation. */
export interface LabelledText {
  /** In lower case, without `t3_`. */
  readonly id: string
  /** In lower case. */
  readonly subreddit: string
  readonly title: string
  /** The text; empty if there is none, or only a mark of its removal. */
  readonly selftext: string
}

/** A source of posts for training. */
export interface PostSource {
  readonly name: string
  /** The posts in their order. `onBroken` is called for each entry that is not a post. @throws OperationalError */
  readonly read: (onBroken: () => void) => AsyncIterable<LabelledText>
}

/** A file of posts: NDJSON, plain, gzip or zstd; `-` for standard input. */
export const fileSource = (path: string, options: DecompressOptions = {}): PostSource => ({
  name: inputName(path),
  read: (onBroken) => readFile(path, options, onBroken),
})

/**
 * The stream POSTS of a running system, from its first message to the message that was the last one when reading began.
 */
export const streamSource = (server: ServerAddress): PostSource => ({
  name: `stream ${POSTS}`,
  read: (onBroken) => readStream(server, onBroken),
})

async function* readFile(path: string, options: DecompressOptions, onBroken: () => void): AsyncGenerator<LabelledText> {
  try {
    for await (const line of readLines(path, options)) {
      if (isBlankLine(line)) continue
      const post = parsePost(String(line))
      if (post === undefined) onBroken()
      else yield post
    }
  } catch (cause) {
    const reason = describeInputFailure(cause)
    const what = reason === undefined ? (cause as Error).message : `it ${reason}`
    throw new OperationalError(`Cannot read ${path} to its end: ${what}`, { cause })
  }
}

const BATCH_MESSAGES = 1_000
const SUBMITTED = 'posts.submitted.>'

async function* readStream(server: ServerAddress, onBroken: () => void): AsyncGenerator<LabelledText> {
  await requireServer(server)
  const connection = await connectNats({ ...server, name: 'train' })
  try {
    const jsm = await jetstreamManager(connection)
    const { state } = await jsm.streams.info(POSTS)
    for (let next = Math.max(1, state.first_seq); next <= state.last_seq;) {
      const messages = await readBatch(jsm, POSTS, { seq: next, batch: BATCH_MESSAGES, next_by_subj: SUBMITTED })
      if (messages.length === 0) break
      for (const message of messages) {
        const post = parsePost(message.string())
        if (post === undefined) onBroken()
        else yield post
      }
      next = messages.at(-1)!.seq + 1
    }
  } catch (cause) {
    throw new OperationalError(`Cannot read the stream ${POSTS} to its end: ${(cause as Error).message}`, { cause })
  } finally {
    await connection.close()
  }
}

function parsePost(text: string): LabelledText | undefined {
  const { id, subreddit, title, selftext } = (parseJson(text) ?? {}) as Record<string, unknown>
  if (typeof id !== 'string' || typeof subreddit !== 'string' || typeof title !== 'string') return undefined
  return {
    id: plainPostId(id),
    subreddit: subreddit.toLowerCase(),
    title,
    selftext: typeof selftext === 'string' ? cleanText(selftext) : '',
  }
}
