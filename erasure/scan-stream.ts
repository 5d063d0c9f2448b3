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
import pRetry from 'p-retry'
import { OperationalError } from '../schema/runtime/errors.ts'
import { endsPull } from '../schema/runtime/ends-pull.ts'
import { nextMessage } from '../schema/runtime/next-message.ts'

/** The first message to read: the one after a sequence, or the first that was stored at a time or later. */
export type ScanStart = { readonly after: number } | { readonly since: Date }

export interface ScanOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly stream: string
  readonly start: ScanStart
  /** Reads only these subjects; undefined: all. */
  readonly filter?: string
  readonly onMessage: (message: JsMsg) => void
  /** @param total an estimate: messages may be added and deleted while the stream is read */
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

const MAX_PAGE_MESSAGES = 1_000
const PAGE_EXPIRES_MS = 5_000
/** The server then removes the consumer by itself: the eraser has no right to delete consumers. */
const INACTIVE_AFTER_MS = 10_000
/** About ten seconds for each page: a server that restarts is back by then. */
const RETRIES = { retries: 7, minTimeout: 250, maxTimeout: 2_000 } as const

/**
 * Reads a stream up to the message that is its last one when reading begins, each message at least once. Memory does
 * not grow with the stream. After a failure it continues after the last message that arrived.
 * @returns the sequence up to which the stream was read
 * @throws OperationalError when reading keeps failing
 */
export async function scanStream(options: ScanOptions): Promise<number> {
  const { jsm, stream, connection, onProgress } = options
  try {
    const end = (await jsm.streams.info(stream)).state.last_seq
    const pages = new PageReader(options)
    do {
      await pRetry(() => pages.next(end), {
        ...RETRIES,
        shouldRetry: () => !connection.isClosed(),
        onFailedAttempt: () => pages.reopen(),
      })
      if (pages.read > 0) onProgress?.(pages.read, pages.read + pages.pending)
    } while (pages.pending > 0 && pages.position < end)
    return Math.max(end, pages.position)
  } catch (cause) {
    throw new OperationalError(`${stream} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** Reads page after page through a consumer that keeps nothing on disk and needs no acknowledgements. */
class PageReader {
  /** Messages read so far. */
  read = 0
  /** How many messages come after {@link position}, as the last message said. */
  pending = 0
  /** The sequence of the last message read. Before the first one: the sequence after which reading begins. */
  position = 0
  readonly #options: ScanOptions
  #start: ScanStart
  #consumer: Consumer | undefined
  /** How many messages the current consumer has delivered. */
  #delivered = 0

  constructor(options: ScanOptions) {
    this.#options = options
    this.#start = options.start
    if ('after' in options.start) this.position = options.start.after
  }

  /**
   * Reads a page.
   * @param end the sequence that the scan has to reach
   * @throws when no message arrives although some are pending, when one was lost in transit, or when the consumer reads a
   *   replica that lags
   */
  async next(end: number): Promise<void> {
    const consumer = (this.#consumer ??= await this.#open())
    if (this.pending > 0) await this.#readPage(consumer)
    if (this.pending === 0 && this.position < end) await this.#requireEnd(end)
  }

  async #readPage(consumer: Consumer): Promise<void> {
    const before = this.#delivered
    const wanted = Math.min(this.pending, MAX_PAGE_MESSAGES)
    for await (const message of await consumer.fetch({ max_messages: wanted, expires: PAGE_EXPIRES_MS })) {
      if (message.info.deliverySequence !== ++this.#delivered) throw new Error('a message was lost in transit')
      this.#options.onMessage(message)
      this.read++
      this.position = message.seq
      this.#start = { after: message.seq }
      this.pending = message.info.pending
      if (endsPull(message)) return this.reopen()
    }
    if (this.#delivered === before) throw new Error(`${this.pending} messages are pending, but none arrived`)
  }

  /** In a cluster, a consumer may be on a server that does not have the newest messages yet. The stream's leader has all of them. */
  async #requireEnd(end: number): Promise<void> {
    const { jsm, stream, filter = '>' } = this.#options
    const next = await nextMessage(jsm, stream, this.position + 1, filter)
    if (next === null || next.seq > end) return
    if ('since' in this.#start && next.time < this.#start.since) return
    throw new Error(`message ${next.seq} has not reached the replica that was read`)
  }

  /** Has the next page read through a new consumer, which begins after the last message read. */
  reopen(): void {
    this.#consumer = undefined
  }

  async #open(): Promise<Consumer> {
    const { jsm, stream, filter, connection } = this.#options
    const info = await jsm.consumers.add(stream, {
      name: `eraser-${nuid.next()}`,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: nanos(INACTIVE_AFTER_MS),
      ...(filter === undefined ? {} : { filter_subject: filter }),
      ...toDeliverPolicy(this.#start),
    })
    this.pending = info.num_pending
    this.#delivered = 0
    return jetstream(connection).consumers.getConsumerFromInfo(info)
  }
}

function toDeliverPolicy(start: ScanStart): Partial<ConsumerConfig> {
  return 'after' in start
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start.after + 1 }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.since.toISOString() }
}
