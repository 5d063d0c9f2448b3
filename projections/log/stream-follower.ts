import { jetstream, type Consumer, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { digestOf } from '../../schema/digest.ts'
import type { Input } from '../../schema/read-models.ts'
import { infoOfLeader } from '../../schema/replicas.ts'
import { BatchPuller } from '../../schema/runtime/batch-puller.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { nextMessage } from '../../schema/runtime/next-message.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { LogMessage } from '../file/batch-writer.ts'
import type { ErasedSequences } from './erased-sequences.ts'
import { recreateConsumer } from './file-consumer.ts'
import type { SequenceRange } from '../file/sequence-ranges.ts'

/** Enough for SQLite to be fast, and few enough to keep the event loop free for heartbeats. */
const MAX_BATCH_MESSAGES = 10_000
const MAX_GATHER_MS = 500
const MAX_BUFFERED_MESSAGES = 10_000
/** How long after the last applied message the end of the stream is examined. The puller is idle only much later. */
const QUIET_MS = 500

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
  /** Compares the log with the checkpoint. @throws LogMismatchError, or that of a server that does not answer */
  readonly verify: () => Promise<void>
  readonly erased: Pick<ErasedSequences, 'explains' | 'readNew' | 'unnamed'>
  /** Called with sequences that the log no longer has and no erasure explains. */
  readonly onLost: (lost: readonly SequenceRange[]) => void
  /**
   * Called when the stream has nothing more for this input up to its end, which is beyond the last applied message.
   * `digest` is that of the message at the end, and null if that message is gone. @returns whether the checkpoint was
   * moved there
   */
  readonly onEnd: (sequence: number, digest: string | null) => boolean
}

/**
 * Follows one stream in order from the message after the checkpoint. Messages are never passed on out of order. After a
 * jump in the sequences that no erasure explains, the stream's leader is asked for the next message: if the leader has
 * one that did not arrive here, the consumer is re-created after the last applied message, and otherwise the events are
 * lost. If the last messages of the stream are gone, no later message shows that, so an idle follower compares its
 * position with the end of the stream.
 */
export class StreamFollower implements AsyncDisposable {
  readonly stream: StreamName
  readonly #options: FollowOptions
  readonly #puller: BatchPuller<ReceivedMessage>
  #buffer: ReceivedMessage[] = []
  /** The last message of each pulled batch: acknowledging it acknowledges all before it. */
  #marks: JsMsg[] = []
  /** Sequence of the last message that was applied. */
  #applied: number
  /** Sequence of the last message that was put into the buffer. */
  #position: number
  #delivered = 0
  #pending = 0
  #onRoom: (() => void) | undefined
  #quiet: NodeJS.Timeout | undefined

  constructor(options: FollowOptions) {
    this.#options = options
    this.stream = options.stream
    this.#applied = this.#position = options.after
    this.#puller = new BatchPuller({
      open: () => this.#open(),
      read: (message) => toReceived(options.stream, message),
      onMessages: (messages, last) => this.#receive(messages, last),
      maxMessages: MAX_BATCH_MESSAGES,
      maxWaitMs: MAX_GATHER_MS,
      isShared: false,
      onIdle: () => this.#idle(),
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
    clearTimeout(this.#quiet)
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
    this.#quiet = (this.#quiet ?? this.#createQuietTimer()).refresh()
    const mark = this.#marks.findLast(({ seq }) => seq <= sequence)
    if (mark === undefined) return
    mark.ack()
    this.#marks = this.#marks.filter(({ seq }) => seq > mark.seq)
  }

  async #open(): Promise<Consumer> {
    const { jsm, stream, consumer, filters, connection, verify } = this.#options
    // A server that went back to an older state would deliver other events after the checkpoint.
    await verify()
    this.#delivered = 0
    // Acknowledging a message of the former consumer would acknowledge another message of this one.
    this.#marks = []
    // Messages in the buffer come again and are skipped.
    const info = await recreateConsumer(jsm, { stream, filters }, consumer, this.#applied)
    if (info.num_pending === 0) await this.#moveToEnd()
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
      // Messages that came again may all have been applied meanwhile.
      if (last.seq <= this.#applied) last.ack()
      else this.#marks.push(last)
      if (this.#buffer.length > 0) this.#options.onMessages()
    }
    if (this.#buffer.length >= MAX_BUFFERED_MESSAGES) await new Promise<void>((resolve) => (this.#onRoom = resolve))
  }

  #accept(message: ReceivedMessage): Promise<void> | void {
    const { sequence, deliverySequence } = message
    const isNextDelivery = deliverySequence === ++this.#delivered
    if (sequence <= this.#position) return
    if (this.#options.filters === undefined ? this.#follows(sequence) : isNextDelivery) return this.#append(message)
    return this.#jump(sequence).then(() => (sequence > this.#position ? this.#append(message) : undefined))
  }

  /** Whether no sequence is missing between the last message and this one, or known erasures explain all of them. */
  #follows(sequence: number): boolean {
    const first = this.#position + 1
    return sequence === first || this.#options.erased.explains(this.stream, first, sequence - 1)
  }

  #append(message: ReceivedMessage): void {
    this.#position = message.sequence
    this.#buffer.push(message)
  }

  /**
   * Resolves when new erasures explain a jump to `sequence`, or when the leader lacks the messages as well: then the
   * events are lost. With a filter, sequences jump anyway; only the order of delivery then shows that a message is
   * missing, and it is always requested again. @throws OutOfOrderError when messages have to be requested again
   */
  async #jump(sequence: number): Promise<void> {
    const { filters } = this.#options
    const first = this.#position + 1
    const lost = filters === undefined ? await this.#findLost(first, sequence - 1) : undefined
    if (lost?.length === 0) return
    if (lost === undefined || (await this.#nextSequence(first)) < sequence)
      throw new OutOfOrderError(`${this.stream}: sequence ${sequence} came after ${this.#position}`)
    this.#options.onLost(lost)
  }

  /** Which of the sequences first…last, which are missing here, no erasure names. */
  async #findLost(first: number, last: number): Promise<SequenceRange[]> {
    await this.#options.erased.readNew()
    return this.#options.erased.unnamed(this.stream, first, last)
  }

  #createQuietTimer(): NodeJS.Timeout {
    // If the log does not answer, the puller is idle soon and tries it again.
    return setTimeout(() => void this.#moveToEnd().catch(() => {}), QUIET_MS).unref()
  }

  async #idle(): Promise<void> {
    await this.#options.verify()
    await this.#moveToEnd()
  }

  /**
   * Moves to the end of the stream if nothing up to there is left for this input. The end is read first: a message that
   * is stored later has a greater sequence.
   */
  async #moveToEnd(): Promise<void> {
    const { jsm, stream, filters, onLost, onEnd } = this.#options
    if (this.#buffer.length > 0) return
    const end = (await infoOfLeader(jsm, stream)).state.last_seq
    const first = this.#position + 1
    if (end < first || (await this.#nextSequence(first)) <= end) return
    const lost = filters === undefined ? await this.#findLost(first, end) : []
    const message = await jsm.streams.getMessage(stream, { seq: end })
    // Messages may have arrived meanwhile.
    if (this.#buffer.length > 0 || this.#position >= first) return
    if (!onEnd(end, message === null ? null : digestOf(message.data))) return
    if (lost.length > 0) onLost(lost)
    this.#applied = this.#position = end
  }

  /** Sequence of the leader's next message for this input from a sequence on; infinite if it has none. */
  async #nextSequence(from: number): Promise<number> {
    const { jsm, stream, filters = ['>'] } = this.#options
    const next = await Promise.all(filters.map((filter) => nextMessage(jsm, stream, from, filter)))
    return Math.min(...next.map((message) => message?.seq ?? Number.POSITIVE_INFINITY))
  }
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
