import { setTimeout as pause } from 'node:timers/promises'
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  type Consumer,
  type ConsumerConfig,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos, nuid, type NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../../schema/runtime/errors.ts'

/** Behind a sequence, or from a time on. */
export type ScanStart = { readonly after: number } | { readonly since: Date }

export interface ScanOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly stream: string
  readonly start: ScanStart
  /** Only these subjects; undefined: all. */
  readonly filter?: string
  readonly onMessage: (message: JsMsg) => void
  /** @param total as reckoned when reading began */
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

const MAX_FETCH_MESSAGES = 1_000
const FETCH_EXPIRES_MS = 5_000
/** The server forgets the consumer by itself: to delete consumers is more than an eraser may do. */
const INACTIVE_AFTER_MS = 10_000
const MAX_ATTEMPTS = 8
const RETRY_MS = 250

/**
 * Reads a stream up to what was its last message when the reading began, each message at least once, in memory that does
 * not grow. Lost messages and a restarted server are got over by asking again.
 * @returns the sequence up to which the stream was read
 * @throws OperationalError when reading keeps failing
 */
export async function scanStream(options: ScanOptions): Promise<number> {
  const { jsm, stream, onMessage, onProgress } = options
  const end = (await jsm.streams.info(stream)).state.last_seq
  let start = options.start
  let read = 0
  for (let attempt = 1; ; attempt++) {
    try {
      const reader = await openReader(options, start)
      while (reader.pending > 0 && reader.position < end) {
        read += await reader.fetch(onMessage)
        start = { after: reader.position }
        attempt = 1
        onProgress?.(read, read + reader.pending)
      }
      return Math.max(end, reader.position)
    } catch (cause) {
      if (attempt >= MAX_ATTEMPTS || options.connection.isClosed()) {
        throw new OperationalError(`${stream} cannot be read: ${(cause as Error).message}`, { cause })
      }
      await pause(RETRY_MS * attempt)
    }
  }
}

async function openReader({ connection, jsm, stream, filter }: ScanOptions, start: ScanStart): Promise<StreamReader> {
  const info = await jsm.consumers.add(stream, {
    name: `eraser-${nuid.next()}`,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: nanos(INACTIVE_AFTER_MS),
    ...(filter === undefined ? {} : { filter_subject: filter }),
    ...toDeliverPolicy(start),
  })
  const consumer = jetstream(connection).consumers.getConsumerFromInfo(info)
  return new StreamReader(consumer, info.num_pending, 'after' in start ? start.after : 0)
}

function toDeliverPolicy(start: ScanStart): Partial<ConsumerConfig> {
  return 'after' in start
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start.after + 1 }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.since.toISOString() }
}

class StreamReader {
  /** Messages behind `position`, as of the last that came. */
  pending: number
  /** Sequence of the last message that came. */
  position: number
  readonly #consumer: Consumer
  #delivered = 0

  constructor(consumer: Consumer, pending: number, position: number) {
    this.#consumer = consumer
    this.pending = pending
    this.position = position
  }

  /** Hands on the next messages. @returns how many. @throws when none came, or one was lost on its way */
  async fetch(onMessage: (message: JsMsg) => void): Promise<number> {
    const wanted = Math.min(this.pending, MAX_FETCH_MESSAGES)
    const before = this.#delivered
    const messages = await this.#consumer.fetch({ max_messages: wanted, expires: FETCH_EXPIRES_MS })
    for await (const message of messages) {
      const { deliverySequence, pending } = message.info
      if (deliverySequence !== ++this.#delivered) throw new Error('messages were lost on their way')
      onMessage(message)
      this.position = message.seq
      this.pending = pending
    }
    if (this.#delivered === before) throw new Error(`${this.pending} messages wait, and none came`)
    return this.#delivered - before
  }
}
