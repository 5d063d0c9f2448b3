import { setTimeout as pause } from 'node:timers/promises'
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  JetStreamApiError,
  type Consumer,
  type ConsumerInfo,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { BatchPuller } from '../schema/runtime/batch-puller.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { scorerConsumer } from '../schema/scoring-models.ts'
import { POSTS } from '../schema/streams.ts'
import type { BatchScorer } from './score-batch.ts'

const MAX_BATCH_MESSAGES = 1_000
const BATCHES_IN_FLIGHT = 4
const MAX_GATHER_MS = 100
/** After this time the posts of a killed scorer go to another scorer. A batch takes a fraction of this time. */
const ACK_WAIT_MS = 10_000
const REDELIVER_AFTER_MS = 1_000
const REPORT_INTERVAL_MS = 10_000
const CLOSE_TIMEOUT_MS = 1_500
/** The error code of nats-server when a consumer of that name has other settings. */
const CONSUMER_EXISTS = 10_148

/** Takes posts from the durable consumer that all scorers of a scoring model share, and works on a few batches at a time. */
export class PostConsumer implements AsyncDisposable {
  readonly #connection: NatsConnection
  readonly #jsm: JetStreamManager
  readonly #scorer: BatchScorer
  readonly #consumer: string
  readonly #logger: Logger
  readonly #puller: BatchPuller<JsMsg>
  readonly #inFlight = new Set<Promise<void>>()
  /** Called for each batch with the number of posts that wait after it. */
  onLag: (posts: number) => void = () => {}
  #report: NodeJS.Timeout | undefined
  #closed = false
  #scored = 0

  constructor(connection: NatsConnection, jsm: JetStreamManager, scorer: BatchScorer, model: string, logger: Logger) {
    this.#connection = connection
    this.#jsm = jsm
    this.#scorer = scorer
    this.#consumer = scorerConsumer(model)
    this.#logger = logger
    this.#puller = new BatchPuller({
      open: () => this.#open(),
      read: (message) => message,
      onMessages: (messages) => this.#take(messages),
      maxMessages: MAX_BATCH_MESSAGES,
      maxWaitMs: MAX_GATHER_MS,
      isShared: true,
      logger,
    })
  }

  async start(): Promise<void> {
    await this.#puller.start()
    this.#report = setInterval(() => this.#reportProgress(), REPORT_INTERVAL_MS)
    this.#report.unref()
  }

  /**
   * Stops pulling and finishes the batches in flight, unless their scores cannot be stored now. Posts that have no score are
   * delivered again.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#report)
    await this.#puller[Symbol.asyncDispose]()
    // While a disk is full, publishing waits without a limit.
    await withinTimeout(Promise.allSettled(this.#inFlight))
    // If acknowledgements do not get through, nothing is lost: the posts are delivered again.
    await withinTimeout(this.#connection.flush().catch(() => {}))
  }

  async #open(): Promise<Consumer> {
    const info = await this.#createOrUpdate()
    return jetstream(this.#connection).consumers.getConsumerFromInfo(info)
  }

  /**
   * An existing consumer keeps its position and gets the settings that changed. The consumer has no filter, because finding
   * the next message of a subject costs the server more than skipping the few erasures costs here.
   */
  async #createOrUpdate(): Promise<ConsumerInfo> {
    const tunable = { ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: 20_000, max_deliver: -1 }
    const config = {
      durable_name: this.#consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ...tunable,
    }
    try {
      return await this.#jsm.consumers.add(POSTS, config)
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === CONSUMER_EXISTS)) throw error
      return this.#jsm.consumers.update(POSTS, this.#consumer, tunable)
    }
  }

  /** Begins a batch. Resolves when the next one may come. */
  async #take(messages: readonly JsMsg[]): Promise<void> {
    if (this.#closed) return messages.forEach((message) => message.nak())
    this.onLag(messages.at(-1)?.info.pending ?? 0)
    const work = this.#process(messages).finally(() => this.#inFlight.delete(work))
    this.#inFlight.add(work)
    if (this.#inFlight.size >= BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight)
  }

  async #process(messages: readonly JsMsg[]): Promise<void> {
    try {
      this.#scored += await this.#scorer.process(messages)
    } catch (error) {
      if (this.#connection.isClosed()) return
      this.#logger.warn({ err: error, posts: messages.length }, 'a batch failed and will be delivered again')
      for (const message of messages) message.nak(REDELIVER_AFTER_MS)
    }
  }

  #reportProgress(): void {
    if (this.#scored === 0) return
    const ratePerSecond = Math.round((this.#scored * 1_000) / REPORT_INTERVAL_MS)
    this.#logger.info({ scored: this.#scored, ratePerSecond }, 'scored posts')
    this.#scored = 0
  }
}

const withinTimeout = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
