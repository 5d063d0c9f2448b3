import { setTimeout as pause } from 'node:timers/promises'
import { AckPolicy, DeliverPolicy, jetstream, type Consumer, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, nuid, type NatsConnection } from '@nats-io/transport-node'
import { nextMessage } from '../../schema/runtime/next-message.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { SequenceRange } from '../file/sequence-ranges.ts'
import type { ErasedSequences } from './erased-sequences.ts'

const BATCH_MESSAGES = 2_000
const FETCH_EXPIRES_MS = 1_000
const INACTIVE_THRESHOLD_MS = 60_000
/** After each batch it rests, so that a long log costs the others little: it reads at most 20,000 messages a second. */
const REST_MS = 100

export interface RereadOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly stream: StreamName
  /** The last sequence to read. */
  readonly upTo: number
  readonly erased: ErasedSequences
  readonly signal: AbortSignal
}

/**
 * Reads a stream from its beginning, without the data of the messages, and finds the sequences that cannot be read and
 * that no erasure names. After a restart, nats-server may skip damaged records that it still counts as messages, so that
 * only reading shows that they are lost.
 * @returns undefined when it was aborted
 * @throws when the log does not answer, or when messages were lost in transit; it has to be repeated then
 */
export async function rereadStream(options: RereadOptions): Promise<SequenceRange[] | undefined> {
  const { jsm, stream, upTo, erased, signal } = options
  const consumer = await openConsumer(options)
  const missing: [number, number][] = []
  for (let last = 0; last < upTo;) {
    const sequences = await readBatch(consumer)
    // Nothing more can be read. The leader is asked below whether the rest is really missing.
    if (sequences.length === 0) sequences.push(upTo + 1)
    for (const sequence of sequences) {
      if (sequence > last + 1 && last < upTo) missing.push([last + 1, Math.min(sequence - 1, upTo)])
      last = sequence
    }
    await pause(REST_MS, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return undefined
  }
  await erased.readNew()
  const unnamed = missing.flatMap(([first, last]) => erased.unnamed(stream, first, last))
  for (const range of unnamed) await requireMissing(jsm, stream, range)
  return unnamed
}

async function openConsumer({ connection, jsm, stream }: RereadOptions): Promise<Consumer> {
  const info = await jsm.consumers.add(stream, {
    // The right to create consumers is a right to create those with names.
    name: `reread-${nuid.next()}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    headers_only: true,
    mem_storage: true,
    inactive_threshold: nanos(INACTIVE_THRESHOLD_MS),
  })
  return jetstream(connection).consumers.getConsumerFromInfo(info)
}

async function readBatch(consumer: Consumer): Promise<number[]> {
  const sequences: number[] = []
  const { num_pending: pending } = await consumer.info()
  if (pending === 0) return []
  const batch = await consumer.fetch({ max_messages: Math.min(BATCH_MESSAGES, pending), expires: FETCH_EXPIRES_MS })
  for await (const { seq } of batch) sequences.push(seq)
  return sequences
}

/** @throws if the leader of the stream has a message in the range, because that message was only lost in transit */
async function requireMissing(jsm: JetStreamManager, stream: StreamName, [first, last]: SequenceRange): Promise<void> {
  const next = await nextMessage(jsm, stream, first, '>')
  if (next !== null && next.seq <= last) throw new Error(`message ${next.seq} of ${stream} was lost in transit`)
}
