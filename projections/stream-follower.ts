import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type Consumer,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { BatchPuller } from '../schema/runtime/batch-puller.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { StreamName } from '../schema/streams.ts'
import type { LogMessage } from './batch-writer.ts'
import { HoleFinder } from './find-holes.ts'

/** Enough for SQLite to be fast, little enough to keep the event loop free for heartbeats. */
export const MAX_BATCH_MESSAGES = 10_000
const MAX_GATHER_MS = 500
const MAX_BUFFERED_MESSAGES = 10_000
const ACK_WAIT_MS = 30_000

interface ReceivedMessage extends LogMessage {
  /** Of the consumer: one more with each message that it delivers. */
  readonly deliverySequence: number
}

export interface FollowOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly logger: Logger
  readonly stream: StreamName
  /** Undefined: the whole stream, whose sequences then have to be contiguous. */
  readonly filter: string | undefined
  readonly consumer: string
  /** The last sequence already applied. */
  readonly after: number
  readonly onMessages: () => void
  /** Sequences, both ends inclusive, that the log lost. */
  readonly onHole: (first: number, last: number) => void
  /** Nothing came for some seconds. */
  readonly onIdle: () => Promise<void>
}

/**
 * Follows one stream in order from just behind the checkpoint. Nothing is passed on out of order: after a jump that no
 * erasure explains, the consumer is made anew behind the last message taken out, and only a jump that is still there then
 * is a hole.
 */
export class StreamFollower implements AsyncDisposable {
  readonly stream: StreamName
  readonly #options: FollowOptions
  readonly #puller: BatchPuller<ReceivedMessage>
  readonly #holes: HoleFinder
  #buffer: ReceivedMessage[] = []
  /** The last message of each batch that came: acknowledging it acknowledges all before it. */
  #marks: JsMsg[] = []
  /** Sequence of the last message taken out of the buffer. */
  #taken: number
  /** Sequence of the last message taken into the buffer. */
  #position: number
  #delivered = 0
  #pending = 0
  #suspect: number | undefined
  #onRoom: (() => void) | undefined

  constructor(options: FollowOptions) {
    this.#options = options
    this.stream = options.stream
    this.#taken = this.#position = options.after
    this.#holes = new HoleFinder(options.jsm, options.stream)
    this.#puller = new BatchPuller({
      open: () => this.#open(),
      read: (message) => toReceived(options.stream, message),
      onMessages: (messages, last) => this.#receive(messages, last),
      maxMessages: MAX_BATCH_MESSAGES,
      maxWaitMs: MAX_GATHER_MS,
      isShared: false,
      onIdle: options.onIdle,
      logger: options.logger,
    })
  }

  get buffered(): number {
    return this.#buffer.length
  }

  /** Messages in the stream behind the newest that arrived here. */
  get pending(): number {
    return this.#pending
  }

  start(): Promise<void> {
    return this.#puller.start()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#onRoom?.()
    return this.#puller[Symbol.asyncDispose]()
  }

  /** Takes up to `most` messages for which `accept` holds, oldest first; stops at the first for which it does not. */
  take(most: number, accept: (message: LogMessage) => boolean = () => true): LogMessage[] {
    let count = 0
    while (count < most && count < this.#buffer.length && accept(this.#buffer[count]!)) count++
    const taken = this.#buffer.splice(0, count)
    this.#taken = taken.at(-1)?.sequence ?? this.#taken
    if (this.#buffer.length < MAX_BUFFERED_MESSAGES) this.#onRoom?.()
    return taken
  }

  /** Tells the server that what was taken is applied, by whole batches. Feeds the lag figures only. */
  acknowledge(): void {
    const applied = this.#marks.findLast(({ seq }) => seq <= this.#taken)
    if (applied === undefined) return
    applied.ack()
    this.#marks = this.#marks.filter(({ seq }) => seq > applied.seq)
  }

  async #open(): Promise<Consumer> {
    const { jsm, stream, consumer, filter, connection } = this.#options
    await deleteConsumer(jsm, stream, consumer)
    this.#delivered = 0
    // Those of the former consumer would acknowledge other messages of this one.
    this.#marks = []
    const info = await jsm.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: AckPolicy.All,
      deliver_policy: DeliverPolicy.StartSequence,
      // What waits here comes again and is passed over: where a consumer begins, all before counts as acknowledged.
      opt_start_seq: this.#taken + 1,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: 20_000,
      ...(filter === undefined ? {} : { filter_subject: filter }),
    })
    return jetstream(connection).consumers.getConsumerFromInfo(info)
  }

  /** Resolves when more may come. @throws OutOfOrderError when messages have to be asked for again */
  async #receive(messages: readonly ReceivedMessage[], last: JsMsg): Promise<void> {
    try {
      for (const message of messages) {
        const explained = this.#accept(message)
        // Hardly ever: an await for every message would cost as much as all the rest here.
        if (explained !== undefined) await explained
      }
    } finally {
      this.#pending = last.info.pending
      this.#marks.push(last)
      if (this.#buffer.length > 0) this.#options.onMessages()
    }
    if (this.#buffer.length >= MAX_BUFFERED_MESSAGES) await new Promise<void>((resolve) => (this.#onRoom = resolve))
  }

  #accept(message: ReceivedMessage): Promise<void> | void {
    const { sequence, deliverySequence } = message
    const isNextDelivery = deliverySequence === ++this.#delivered
    if (sequence <= this.#position) return
    const isNext = this.#options.filter === undefined ? sequence === this.#position + 1 : isNextDelivery
    if (isNext) return this.#append(message)
    return this.#jump(sequence).then(() => this.#append(message))
  }

  #append(message: ReceivedMessage): void {
    this.#position = message.sequence
    this.#suspect = undefined
    this.#buffer.push(message)
  }

  /**
   * Resolves when a jump to `sequence` is explained by erasures, or is still there on asking again: then it is a hole.
   * With a filter sequences jump by nature, and the order of delivery alone tells: asking again always helps.
   */
  async #jump(sequence: number): Promise<void> {
    const { logger, onHole, filter } = this.#options
    const holes = filter === undefined ? await this.#holes.find(this.#position + 1, sequence - 1) : undefined
    if (holes?.length === 0) return
    if (holes === undefined || this.#suspect !== sequence) {
      this.#suspect = sequence
      throw new OutOfOrderError(`${this.stream}: sequence ${sequence} came after ${this.#position}`)
    }
    for (const [from, to] of holes) {
      logger.error({ stream: this.stream, from, to }, 'the log lost events: the read model is incomplete')
      onHole(from, to)
    }
  }
}

function toReceived(stream: StreamName, message: JsMsg): ReceivedMessage {
  const { streamSequence: sequence, deliverySequence, timestampNanos } = message.info
  const storedAtMs = Math.floor(timestampNanos / 1e6)
  return { stream, sequence, deliverySequence, subject: message.subject, data: message.data, storedAtMs }
}

/** Messages came out of order: they were lost on the way and have to be asked for again. */
class OutOfOrderError extends Error {
  override name = 'OutOfOrderError'
}

async function deleteConsumer(jsm: JetStreamManager, stream: string, consumer: string): Promise<void> {
  try {
    await jsm.consumers.delete(stream, consumer)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return
    throw error
  }
}
