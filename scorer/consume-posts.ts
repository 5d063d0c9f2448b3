import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '../schema/runtime/logger.ts'
import { filters, POSTS, scorerConsumer } from '../schema/subjects.ts'
import type { BatchScorer } from './score-batch.ts'

const MAX_BATCH_MESSAGES = 1_000
const BATCHES_IN_FLIGHT = 4
const AHEAD_MESSAGES = 5_000
const EXPIRES_MS = 5_000
const ACK_WAIT_MS = 30_000
const WATCHDOG_MS = 10_000
const CLOSE_TIMEOUT_MS = 1_500

/**
 * Takes posts from the durable consumer that all scorers of a model share. A batch is what has arrived since the last one
 * was started: under load batches grow by themselves, and a lone post never waits.
 */
export class PostConsumer implements AsyncDisposable {
  readonly #connection: NatsConnection
  readonly #jsm: JetStreamManager
  readonly #scorer: BatchScorer
  readonly #consumer: string
  readonly #logger: Logger
  readonly #queue: JsMsg[] = []
  readonly #inFlight = new Set<Promise<void>>()
  #messages: ConsumerMessages | undefined
  #scheduled = false
  #opening: Promise<void> | undefined
  #watchdog: NodeJS.Timeout | undefined
  #lastArrivalMs = 0
  #closed = false
  #scored = 0

  constructor(connection: NatsConnection, jsm: JetStreamManager, scorer: BatchScorer, model: string, logger: Logger) {
    this.#connection = connection
    this.#jsm = jsm
    this.#scorer = scorer
    this.#consumer = scorerConsumer(model)
    this.#logger = logger
  }

  async start(): Promise<void> {
    await this.#open()
    this.#watchdog = setInterval(() => void this.#watch(), WATCHDOG_MS)
    this.#watchdog.unref()
  }

  /** Stops pulling and finishes what is in flight; what was not begun is delivered to another scorer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#watchdog)
    await this.#close()
    await Promise.allSettled(this.#inFlight)
    for (const message of this.#queue.splice(0)) message.nak()
    await Promise.race([this.#connection.flush(), pause(CLOSE_TIMEOUT_MS)])
  }

  /** Creates the consumer where it is missing; an existing one keeps its position. */
  async #open(): Promise<void> {
    await this.#jsm.consumers.add(POSTS, {
      durable_name: this.#consumer,
      filter_subject: filters.submitted,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: 20_000,
      max_deliver: -1,
    })
    const consumer = await jetstream(this.#connection).consumers.get(POSTS, this.#consumer)
    this.#lastArrivalMs = performance.now()
    const messages = await consumer.consume({
      max_messages: AHEAD_MESSAGES,
      expires: EXPIRES_MS,
      callback: (message) => {
        this.#lastArrivalMs = performance.now()
        this.#queue.push(message)
        this.#schedule()
      },
    })
    this.#messages = messages
    void this.#watchStatus(messages)
  }

  async #close(): Promise<void> {
    const messages = this.#messages
    this.#messages = undefined
    if (messages !== undefined) await Promise.race([messages.close(), pause(CLOSE_TIMEOUT_MS)])
  }

  #reopen(): void {
    this.#opening ??= this.#close()
      .then(() => (this.#closed ? undefined : this.#open()))
      .catch((error: unknown) => this.#logger.warn({ err: error }, 'cannot reopen the consumer yet'))
      .finally(() => (this.#opening = undefined))
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#queue.length > 0 && this.#inFlight.size < BATCHES_IN_FLIGHT && !this.#closed) this.#startBatch()
    })
  }

  #startBatch(): void {
    const batch = this.#queue.splice(0, MAX_BATCH_MESSAGES)
    const work = this.#scorer
      .process(batch)
      .then((count) => void (this.#scored += count))
      .catch((error: unknown) => {
        if (this.#closed || this.#connection.isClosed()) return
        this.#logger.warn({ err: error, posts: batch.length }, 'batch failed, it will be delivered again')
        for (const message of batch) message.nak(1_000)
      })
      .finally(() => {
        this.#inFlight.delete(work)
        this.#schedule()
      })
    this.#inFlight.add(work)
  }

  async #watchStatus(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      const lost = ['consumer_not_found', 'consumer_deleted', 'stream_not_found'].includes(status.type)
      if (!lost || this.#closed || messages !== this.#messages) continue
      this.#logger.warn({ status: status.type }, 'consumer lost, making it anew')
      this.#reopen()
    }
  }

  /** Reports progress, and opens the consumer anew when posts wait but none arrive. */
  async #watch(): Promise<void> {
    if (this.#scored > 0)
      this.#logger.info(
        { scored: this.#scored, ratePerSecond: Math.round((this.#scored * 1_000) / WATCHDOG_MS) },
        'scored posts',
      )
    this.#scored = 0
    const idle = this.#queue.length === 0 && this.#inFlight.size === 0
    if (!idle || performance.now() - this.#lastArrivalMs < WATCHDOG_MS || this.#opening !== undefined) return
    try {
      const { num_pending: pending } = await this.#jsm.consumers.info(POSTS, this.#consumer)
      if (pending === 0 || performance.now() - this.#lastArrivalMs < WATCHDOG_MS) return
      this.#logger.warn({ pending }, 'no progress, opening the consumer anew')
      this.#reopen()
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot check progress')
      if (this.#messages === undefined) this.#reopen()
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())
