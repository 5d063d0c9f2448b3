import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { messageIdOf, subjectOf, type GravitasEvent } from '../../schema/events.ts'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import { readBatch } from '../../schema/runtime/read-batch.ts'
import { POSTS, SCORES, type StreamName } from '../../schema/streams.ts'
import type { LogMessage } from '../../projections/file/batch-writer.ts'
import { untilScored } from '../check/settle.ts'
import { generatePost } from '../load/posts.ts'
import { PROJECTORS } from '../system/programs.ts'
import type { Fault, Round } from './fault.ts'

const SCORED_MS = 30_000

/** Messages that every read model has applied are deleted from the log. The rows stay; the loss is reported. */
const behind: Fault = {
  name: 'lose events that were applied',
  run: async ({ system, draw, history, connection, log }) => {
    const stream = draw.pick<StreamName>([POSTS, SCORES])
    const plain = new Set(history.plainPosts.map(({ id }) => id))
    const candidates = log.messages(stream).filter((message) => plain.has(postOf(message) ?? ''))
    const lost = draw.some(candidates, draw.number(1, 3))
    for (const message of lost) {
      await deleteMessage(connection, stream, message.sequence)
      log.lost.push(message)
    }
    // Projectors audit the log after each reconnect, so the round need not wait for the next regular audit.
    for (const name of PROJECTORS) system.proxy(name).cut()
    return `${stream} ${lost.map(({ sequence }) => sequence).join(', ')}`
  },
}

/** Messages that no read model has applied are deleted: the rows lack them, and so does a replay. */
const ahead: Fault = {
  name: 'lose events that were not applied',
  run: async (round) => {
    const { system, draw, history, connection, log } = round
    const stream = draw.pick<StreamName>([POSTS, SCORES])
    await Promise.all(PROJECTORS.map((name) => system.stop(name)))
    const post = generatePost(draw, history)
    const { seq } = await jetstream(connection).publish(subjectOf(post), JSON.stringify(post), {
      msgID: messageIdOf(post),
    })
    history.add({ kind: 'post', post })
    await untilScored(connection, seq, SCORED_MS)
    const sequence = stream === POSTS ? seq : await findScore(round, post.id)
    await deleteMessage(connection, stream, sequence)
    history.add({ kind: stream === POSTS ? 'post lost' : 'score lost', id: post.id })
    log.neverApplied.push({ stream, sequence })
    for (const name of PROJECTORS) system.start(name)
    return `${stream} ${sequence}`
  },
}

async function deleteMessage(connection: Round['connection'], stream: StreamName, sequence: number): Promise<void> {
  const jsm = await jetstreamManager(connection)
  await jsm.streams.deleteMessage(stream, sequence, false)
}

async function findScore({ connection }: Round, id: string): Promise<number> {
  const jsm = await jetstreamManager(connection)
  for (let seq = 1; ;) {
    const messages = await readBatch(jsm, SCORES, { seq, batch: 1_000 })
    const found = messages.find(({ data }) => Buffer.from(data).includes(`"${id}"`))
    if (found !== undefined) return found.seq
    if (messages.length === 0) throw new Error(`SCORES has no score of ${id}`)
    seq = messages.at(-1)!.seq + 1
  }
}

function postOf({ data, subject, storedAtMs }: LogMessage): string | undefined {
  const event: GravitasEvent | undefined = decodeValidEvent(data, subject, storedAtMs)
  if (event?.type === 'PostSubmitted') return event.id
  return event?.type === 'PostScored' ? event.post_id : undefined
}

export const lossFaults: readonly Fault[] = [behind, ahead]
