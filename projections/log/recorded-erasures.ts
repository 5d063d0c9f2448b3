import { readBatch } from '../../schema/runtime/read-batch.ts'
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import { type PostErased, subjectPattern } from '../../schema/events.ts'
import { POSTS, SCORES, type StreamName } from '../../schema/streams.ts'

const BATCH_MESSAGES = 1_000

/**
 * Which of the sequences first…last of a stream are named by a PostErased. Reads all erasures, so it is only for the rare
 * jump that nothing else explains.
 */
export async function readErasedSequences(
  jsm: JetStreamManager,
  stream: StreamName,
  first: number,
  last: number,
): Promise<Set<number>> {
  const erased = new Set<number>()
  for (let messages = await readErasures(jsm, 1); messages.length > 0;) {
    for (const message of messages) {
      for (const sequence of namedIn(message, stream)) {
        if (sequence >= first && sequence <= last) erased.add(sequence)
      }
    }
    messages = await readErasures(jsm, messages.at(-1)!.seq + 1)
  }
  return erased
}

/** The next erasures in POSTS from a sequence on; empty if there are no more. */
const readErasures = (jsm: JetStreamManager, from: number): Promise<StoredMsg[]> =>
  readBatch(jsm, POSTS, { seq: from, batch: BATCH_MESSAGES, next_by_subj: subjectPattern('PostErased') })

function namedIn({ data, subject, time }: StoredMsg, stream: StreamName): readonly number[] {
  const event = decodeValidEvent(data, subject, time.getTime()) as PostErased | undefined
  const { post_sequences = [], score_sequences = [] } = event ?? {}
  if (stream === POSTS) return post_sequences
  return stream === SCORES ? score_sequences : []
}
