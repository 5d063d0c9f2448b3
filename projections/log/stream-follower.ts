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
import type { Input } from '../../schema/read-models.ts'
import { BatchPuller } from '../../schema/runtime/batch-puller.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { LogMessage } from '../file/batch-writer.ts'
import { LostEventsFinder } from './find-lost-events.ts'

/** Enough for SQLite to be fast, and few enough to keep the event loop free for heartbeats. */
const MAX_BATCH_MESSAGES = 10_000
const MAX_GATHER_MS = 500
const MAX_BUFFERED_MESSAGES = 10_000
const ACK_WAIT_MS = 30_000
/** The server deletes a consumer that nobody has used for so long, such as that of a deleted file. */
const INACTIVE_THRESHOLD_MS = 86_400_000

interface ReceivedMessage extends LogMessage {
  /** The consumer's count of the messages that it has delivered, this one included. */
  readonly deliverySequence: number
}

export interface FollowOptions extends Input {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly logger: Logger
  readonly consumer: string
  /** The last sequence already applied. */
  readonly after: number
  /** Called when messages can be taken. */
  readonly onMessages: () => void
  /** Called with sequences that the log no longer has and no erasure explains, both ends inclusive. */
  readonly onLost: (first: number, last: number) => void
  /** Called when no message came for some seconds. */
  readonly onIdle: () => Promise<void>
}

/**
 * Follows one stream in order from just behind the checkpoint. Messages are never passed on out of order. After a jump
 * in the sequences that no erasure explains, the consumer is re-created behind the last applied message. Only if the
 * jump is still there then are the events lost.
 */
export class StreamFollower implements AsyncDisposable {
  readonly stream: StreamName
  readonly #options: FollowOptions
  readonly #puller: BatchPuller<ReceivedMessage>
  readonly #lost: LostEventsFinder
  #buffer: ReceivedMessage[] = []
  /** The last message of each pulled batch: acknowledging it acknowledges all before it. */
  #marks: JsMsg[] = []
  /** Sequence of the last message that was applied. */
  #applied: number
  /** Sequence of the last message that was put into the buffer. */
  #position: number
  #delivered = 0
  #pending = 0
  #suspect: number | undefined
  #onRoom: (() => void) | undefined

  constructor(options: FollowOptions) {
    this.#options = options
    this.stream = options.stream
    this.#applied = this.#position = options.after
    this.#lost = new LostEventsFinder(options.jsm, options.stream)
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

  /** How many messages the stream has behind the newest one that arrived here. */
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

  /** The next messages to apply, oldest first. They stay here until {@link applied} is called. */
  next(): readonly LogMessage[] {
    return this.#buffer.slice(0, MAX_BATCH_MESSAGES)
  }

  /**
   * Call it when everything up to `sequence` is applied. It acknowledges whole batches, which feeds the lag figures
   * only.
   */
  applied(sequence: number): void {
    this.#applied = sequence
    const left = this.#buffer.findIndex((message) => message.sequence > sequence)
    this.#buffer.splice(0, left === -1 ? this.#buffer.length : left)
    if (this.#buffer.length < MAX_BUFFERED_MESSAGES) this.#onRoom?.()
    const mark = this.#marks.findLast(({ seq }) => seq <= sequence)
    if (mark === undefined) return
    mark.ack()
    this.#marks = this.#marks.filter(({ seq }) => seq > mark.seq)
  }

  async #open(): Promise<Consumer> {
    const { jsm, stream, consumer, filters, connection } = this.#options
    await deleteConsumer(jsm, stream, consumer)
    this.#delivered = 0
    // Acknowledging a message of the former consumer would acknowledge another message of this one.
    this.#marks = []
    const info = await jsm.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: AckPolicy.All,
      deliver_policy: DeliverPolicy.StartSequence,
      // The server counts everything before the start as acknowledged. Messages in the buffer come again and are skipped.
      opt_start_seq: this.#applied + 1,
      ack_wait: nanos(ACK_WAIT_MS),
      inactive_threshold: nanos(INACTIVE_THRESHOLD_MS),
      max_ack_pending: 20_000,
      ...filterOf(filters),
    })
    return jetstream(connection).consumers.getConsumerFromInfo(info)
  }

  /** Resolves when more may come. @throws OutOfOrderError when messages have to be requested again */
  async #receive(messages: readonly ReceivedMessage[], last: JsMsg): Promise<void> {
    try {
      for (const message of messages) {
        const explained = this.#accept(message)
        // Awaits only when it must: an await for every message would cost as much as everything else here.
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
    const isNext = this.#options.filters === undefined ? sequence === this.#position + 1 : isNextDelivery
    if (isNext) return this.#append(message)
    return this.#jump(sequence).then(() => this.#append(message))
  }

  #append(message: ReceivedMessage): void {
    this.#position = message.sequence
    this.#suspect = undefined
    this.#buffer.push(message)
  }

  /**
   * Resolves when erasures explain a jump to `sequence`, or when the jump is still there after the messages were
   * requested again: then the events are lost. With a filter, sequences jump anyway. Only the order of delivery shows
   * that a message is missing then, and requesting it again always helps.
   */
  async #jump(sequence: number): Promise<void> {
    const { logger, onLost, filters } = this.#options
    const lost = filters === undefined ? await this.#lost.find(this.#position + 1, sequence - 1) : undefined
    if (lost?.length === 0) return
    if (lost === undefined || this.#suspect !== sequence) {
      this.#suspect = sequence
      throw new OutOfOrderError(`${this.stream}: sequence ${sequence} came after ${this.#position}`)
    }
    for (const [from, to] of lost) {
      logger.error({ stream: this.stream, from, to }, 'the log lost events: the read model is incomplete')
      onLost(from, to)
    }
  }
}

/** A single filter has a setting of its own, which servers before 2.10 know as well. */
function filterOf(filters: Input['filters']): object {
  if (filters === undefined) return {}
  return filters.length === 1 ? { filter_subject: filters[0] } : { filter_subjects: filters }
}

function toReceived(stream: StreamName, message: JsMsg): ReceivedMessage {
  const { streamSequence: sequence, deliverySequence, timestampNanos } = message.info
  const storedAtMs = Math.floor(timestampNanos / 1e6)
  return { stream, sequence, deliverySequence, subject: message.subject, data: message.data, storedAtMs }
}

/** Messages were lost in transit and have to be requested again. */
class OutOfOrderError extends Error {
  override name = 'OutOfOrderError'
}

/** Deletes a consumer if it exists. */
export async function deleteConsumer(jsm: JetStreamManager, stream: string, consumer: string): Promise<void> {
  try {
    await jsm.consumers.delete(stream, consumer)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return
    throw error
  }
}
