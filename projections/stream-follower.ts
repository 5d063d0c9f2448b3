import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '../schema/runtime/logger.ts'
import type { StreamName } from '../schema/subjects.ts'
import { findHoles } from './verify-log.ts'
import type { LogMessage } from './batch-writer.ts'

const AHEAD_MESSAGES = 10_000
const EXPIRES_MS = 5_000
const WATCHDOG_MS = 15_000
const CLOSE_TIMEOUT_MS = 2_000

interface ReceivedMessage extends LogMessage {
  readonly received: JsMsg
}

export interface FollowOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly logger: Logger
  readonly stream: StreamName
  /** Empty: the whole stream, whose sequences then have to be contiguous. */
  readonly filter: readonly string[]
  readonly consumer: string
  /** The last sequence already applied. */
  readonly after: number
  readonly onMessages: () => void
  readonly onHole: (first: number, last: number) => void
  readonly onError: (error: unknown) => void
}

/**
 * Follows one stream in order from just behind the checkpoint. Nothing is passed on out of order: after a jump in the
 * sequence the consumer is made anew behind the last message passed on, and only a jump that is still there is a hole.
 */
export class StreamFollower implements AsyncDisposable {
  readonly stream: StreamName
  readonly #options: FollowOptions
  readonly #contiguous: boolean
  #buffer: ReceivedMessage[] = []
  #taken: JsMsg | undefined
  #messages: ConsumerMessages | undefined
  /** Sequence of the last message taken into the buffer. */
  #position: number
  #delivered = 0
  #pending = 0
  #suspect: number | undefined
  #restarting: Promise<void> | undefined
  #watchdog: NodeJS.Timeout | undefined
  #lastArrivalMs = 0
  #closed = false

  constructor(options: FollowOptions) {
    this.#options = options
    this.stream = options.stream
    this.#contiguous = options.filter.length === 0
    this.#position = options.after
  }

  get buffered(): number {
    return this.#buffer.length
  }

  /** Messages in the stream behind the newest that arrived here. */
  get pending(): number {
    return this.#pending
  }

  async start(): Promise<void> {
    await this.#open()
    this.#watchdog = setInterval(() => void this.#checkProgress(), WATCHDOG_MS)
    this.#watchdog.unref()
  }

  /** Takes up to `most` messages for which `accept` holds, oldest first; stops at the first for which it does not. */
  take(most: number, accept: (message: LogMessage) => boolean = () => true): LogMessage[] {
    let count = 0
    while (count < most && count < this.#buffer.length && accept(this.#buffer[count]!)) count++
    const taken = this.#buffer.splice(0, count)
    this.#taken = taken.at(-1)?.received ?? this.#taken
    return taken
  }

  /** Tells the server that all taken so far is applied. Feeds the lag figures only. */
  acknowledge(): void {
    this.#taken?.ack()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#watchdog)
    await this.#close()
  }

  async #open(): Promise<void> {
    const { jsm, stream, consumer, filter, connection } = this.#options
    await deleteConsumer(jsm, stream, consumer)
    await jsm.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: AckPolicy.All,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#position + 1,
      ack_wait: nanos(30_000),
      max_ack_pending: 20_000,
      ...(filter[0] === undefined ? {} : { filter_subject: filter[0] }),
    })
    this.#delivered = 0
    this.#lastArrivalMs = performance.now()
    const handle = await jetstream(connection).consumers.get(stream, consumer)
    const messages = await handle.consume({
      max_messages: AHEAD_MESSAGES,
      expires: EXPIRES_MS,
      callback: (message) => {
        if (messages === this.#messages || this.#messages === undefined) this.#receive(message)
      },
    })
    this.#messages = messages
    void this.#watchStatus(messages)
  }

  #receive(message: JsMsg): void {
    if (this.#restarting !== undefined || this.#closed) return
    const { streamSequence: sequence, deliverySequence, timestampNanos, pending } = message.info
    this.#lastArrivalMs = performance.now()
    if (sequence <= this.#position) return
    const inOrder = this.#contiguous ? sequence === this.#position + 1 : deliverySequence === this.#delivered + 1
    if (!inOrder) return void this.#jump(sequence)
    this.#accept(message, sequence, timestampNanos, deliverySequence, pending)
  }

  #accept(message: JsMsg, sequence: number, timestampNanos: number, delivered: number, pending: number): void {
    this.#position = sequence
    this.#delivered = delivered
    this.#pending = pending
    this.#suspect = undefined
    const { stream } = this.#options
    this.#buffer.push({
      stream,
      sequence,
      subject: message.subject,
      data: message.data,
      storedAtMs: Math.floor(timestampNanos / 1e6),
      received: message,
    })
    this.#options.onMessages()
  }

  /** A sequence is missing: ask again from behind the last good one, and believe it when it happens again. */
  #jump(sequence: number): void {
    const { logger, stream, jsm, onHole } = this.#options
    if (!this.#contiguous || this.#suspect !== sequence) {
      this.#suspect = sequence
      logger.warn({ stream, expected: this.#position + 1, got: sequence }, 'sequence jumped, asking again')
      return this.#restart()
    }
    const first = this.#position + 1
    this.#restart(async () => {
      for (const [from, to] of await findHoles(jsm, stream, first, sequence - 1)) {
        logger.error({ stream, from, to }, 'the log lost events: the read model is incomplete')
        onHole(from, to)
      }
      this.#position = sequence - 1
    })
  }

  #restart(before: () => Promise<void> = () => Promise.resolve()): void {
    this.#restarting ??= this.#reopen(before).finally(() => {
      this.#restarting = undefined
    })
  }

  async #reopen(before: () => Promise<void>): Promise<void> {
    try {
      await this.#close()
      await before()
      if (!this.#closed) await this.#open()
    } catch (error) {
      if (!this.#closed)
        this.#options.logger.warn({ err: error, stream: this.stream }, 'cannot reopen the consumer yet')
    }
  }

  async #close(): Promise<void> {
    const messages = this.#messages
    this.#messages = undefined
    if (messages === undefined) return
    await Promise.race([messages.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref())])
  }

  async #watchStatus(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      const lost = ['consumer_not_found', 'consumer_deleted', 'stream_not_found'].includes(status.type)
      if (!lost || this.#closed || messages !== this.#messages) continue
      this.#options.logger.warn({ stream: this.stream, status: status.type }, 'consumer lost, making it anew')
      this.#restart()
    }
  }

  /** A consumer that brings nothing while the stream has more is made anew. */
  async #checkProgress(): Promise<void> {
    const { connection, jsm, stream, filter, logger, onError } = this.#options
    if (this.#restarting || this.#closed || connection.isClosed()) return
    if (this.buffered > 0 || performance.now() - this.#lastArrivalMs < WATCHDOG_MS) return
    try {
      const info = await jsm.streams.info(stream, filter.length > 0 ? { subjects_filter: filter[0]! } : undefined)
      if (info.state.last_seq < this.#position) {
        return onError(new Error(`stream ${stream} went back to ${info.state.last_seq}, behind ${this.#position}`))
      }
      const consumer = await jsm.consumers.info(stream, this.#options.consumer)
      if (this.#messages !== undefined && consumer.num_pending === 0 && consumer.num_ack_pending === 0) return
      if (performance.now() - this.#lastArrivalMs < WATCHDOG_MS) return
      logger.warn({ stream, pending: consumer.num_pending }, 'no progress, making the consumer anew')
      this.#restart()
    } catch (error) {
      logger.debug({ err: error, stream }, 'cannot check progress')
      if (this.#messages === undefined) this.#restart()
    }
  }
}

async function deleteConsumer(jsm: JetStreamManager, stream: string, consumer: string): Promise<void> {
  try {
    await jsm.consumers.delete(stream, consumer)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return
    throw error
  }
}
