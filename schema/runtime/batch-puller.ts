import { setTimeout as pause } from 'node:timers/promises'
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import { BackOff } from './back-off.ts'
import { BatchPacer } from './batch-pacer.ts'
import { endsPull } from './ends-pull.ts'
import type { Logger } from './logger.ts'

export interface BatchPullerOptions<T> {
  /** Creates or re-creates the consumer. Called at the start and after every failure. */
  readonly open: () => Promise<Consumer>
  /**
   * Called for each message as it arrives. The less of the message it keeps, the less the garbage collector has to do.
   */
  readonly read: (message: JsMsg) => T
  /**
   * Takes the results of `read`, in order, one call after the other; `last` is the newest of the messages. If it fails,
   * the consumer is re-created.
   */
  readonly onMessages: (messages: T[], last: JsMsg) => Promise<void> | void
  /** The most messages of a burst. A burst of large messages has fewer, so that memory stays flat. */
  readonly maxMessages: number
  /** The longest time that messages wait in the stream, under load, until a burst fetches them. */
  readonly maxWaitMs: number
  /** Whether others pull from the same consumer. If they do, messages that wait may be meant for them. */
  readonly isShared: boolean
  /** Called when no message came for a while, so that the caller can check whether all is well. */
  readonly onIdle?: () => Promise<void>
  readonly logger: Logger
}

/** The most messages of a standing pull. When messages come faster than the pacer's calm rate, bursts take over. */
const STANDING_MESSAGES = 64
const STANDING_EXPIRES_MS = 5_000
const MUCH_MESSAGES = 1_000
const MAX_BURST_BYTES = 8 * 2 ** 20
/**
 * The shortest expiry that the client accepts. A burst asks for messages that are already in the stream, so it hardly
 * ever waits.
 */
const BURST_EXPIRES_MS = 1_000
const RETRY_PAUSES = { firstMs: 100, maxMs: 5_000 }
const CLOSE_TIMEOUT_MS = 1_500
/**
 * After an empty message, so many messages are pulled with a request for each, because more empty ones are likely, and one that
 * ends a pull of several takes the rest of them with it.
 */
const CAREFUL_MESSAGES = 1_000
const CAREFUL_PULLS = 64
/** The client expects the message, or a sign of life from the server, within this time. Large messages take a while. */
const CAREFUL_EXPIRES_MS = 5_000

/**
 * Pulls messages from a durable consumer, in one of two ways. At a few messages a second, one pull request stays open
 * at the server, and each message comes the moment it is stored. Under load that would cost a delivery, a wake-up and a
 * write for every message. So the puller then requests from time to time all messages that have gathered in the stream
 * (a burst), which is several times cheaper for both the server and this process.
 */
export class BatchPuller<T> implements AsyncDisposable {
  readonly #options: BatchPullerOptions<T>
  readonly #pacer: BatchPacer
  readonly #closing = new AbortController()
  #open: ConsumerMessages | undefined
  #ahead: Promise<ConsumerMessages> | undefined
  /** Average size of recent messages, in bytes. */
  #messageBytes = 1_000
  /** How many of the next messages are pulled with a request for each. */
  #careful = 0
  /** Whether messages were lost to an empty one, so that the consumer has to be re-created. */
  #isCut = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: BatchPullerOptions<T>) {
    this.#options = options
    this.#pacer = new BatchPacer({ targetMessages: options.maxMessages, maxWaitMs: options.maxWaitMs })
  }

  /** @throws errors of the first call of `open` */
  async start(): Promise<void> {
    const consumer = await this.#options.open()
    this.#running = this.#run(consumer)
  }

  /** Stops pulling, and waits for a short time until the messages that were handed over have been taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    void this.#open?.close()
    await Promise.race([this.#running.then(() => this.#giveBack()), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
  }

  async #run(first: Consumer): Promise<void> {
    let consumer: Consumer | undefined = first
    const backOff = new BackOff(RETRY_PAUSES)
    while (!this.#closing.signal.aborted) {
      try {
        consumer ??= await this.#options.open()
        await this.#pull(consumer)
        if (this.#isCut) consumer = undefined
        this.#isCut = false
        backOff.reset()
      } catch (error) {
        if (this.#closing.signal.aborted) return
        const retryMs = backOff.next()
        this.#options.logger.warn({ err: error, retryMs }, 'pulling failed, will re-create the consumer')
        consumer = this.#ahead = undefined
        await this.#pause(retryMs)
      }
    }
  }

  async #pull(consumer: Consumer): Promise<void> {
    if (this.#ahead !== undefined) return this.#burst(consumer, this.#ahead)
    if (this.#careful > 0) return this.#pullCarefully(consumer)
    const waitMs = this.#pacer.waitMs()
    if (waitMs === 0) return this.#stand(consumer)
    await this.#pause(waitMs)
    const { num_pending: waiting } = await consumer.info()
    if (this.#closing.signal.aborted) return
    if (waiting === 0) return this.#stand(consumer)
    await this.#burst(consumer, this.#fetch(consumer, waiting))
  }

  #fetch(consumer: Consumer, waiting: number): Promise<ConsumerMessages> {
    return consumer.fetch({ max_messages: this.#most(waiting, this.#options.maxMessages), expires: BURST_EXPIRES_MS })
  }

  /** How many of the waiting messages are requested at once. */
  #most(waiting: number, limit: number): number {
    return Math.min(waiting, limit, Math.ceil(MAX_BURST_BYTES / this.#messageBytes))
  }

  /** Pulls with a request for each message, many of them at once. The server answers them in their order. */
  async #pullCarefully(consumer: Consumer): Promise<void> {
    const { num_pending: waiting } = await consumer.info()
    if (this.#closing.signal.aborted) return
    if (waiting === 0) return this.#stand(consumer, 1)
    const count = this.#most(waiting, Math.min(CAREFUL_PULLS, this.#careful))
    const pulls = await Promise.allSettled(
      Array.from({ length: count }, () => consumer.next({ expires: CAREFUL_EXPIRES_MS })),
    )
    const messages = pulls
      .flatMap((pull) => (pull.status === 'fulfilled' ? (pull.value ?? []) : []))
      .sort((a, b) => a.seq - b.seq)
    for (const message of messages) this.#noteEnd(message)
    const bytes = messages.reduce((sum, { data }) => sum + data.length, 0)
    this.#note(messages.length, bytes)
    const failed = pulls.find((pull) => pull.status === 'rejected')
    const last = messages.at(-1)
    // A consumer of this process alone delivers everything again, without a gap, after it was re-created.
    if (last !== undefined && (failed === undefined || this.#options.isShared)) {
      const results = messages.map((message) => this.#options.read(message))
      await this.#options.onMessages(results, last)
    }
    if (failed !== undefined) throw failed.reason
    if (last === undefined) await this.#checkProgress(consumer)
  }

  /**
   * Prepares for the messages that a pull of several lost to an empty one. A consumer of this process alone is re-created, so
   * that it delivers them again at once. A shared one delivers them again after its ack_wait.
   */
  #noteEnd(message: JsMsg): boolean {
    const isAlone = this.#careful > 0
    this.#careful = Math.max(0, this.#careful - 1)
    if (!endsPull(message)) return false
    this.#isCut = !isAlone && !this.#options.isShared
    this.#careful = CAREFUL_MESSAGES
    return true
  }

  /** When many messages still wait, the next burst is requested before this one is handed over, so that both overlap. */
  #pullAhead(consumer: Consumer, last: JsMsg | undefined): void {
    const waiting = last?.info.pending ?? 0
    if (waiting >= MUCH_MESSAGES && this.#careful === 0 && !this.#closing.signal.aborted)
      this.#ahead = this.#fetch(consumer, waiting)
  }

  #note(messages: number, bytes: number): void {
    this.#pacer.arrived(messages)
    if (messages > 0) this.#messageBytes = Math.max(100, (this.#messageBytes + bytes / messages) / 2)
  }

  async #burst(consumer: Consumer, pulled: Promise<ConsumerMessages>): Promise<void> {
    const { read, onMessages } = this.#options
    this.#ahead = undefined
    this.#open = await pulled
    const messages: T[] = []
    let bytes = 0
    let last: JsMsg | undefined
    for await (const message of this.#open) {
      messages.push(read(message))
      bytes += message.data.length
      last = message
      if (this.#noteEnd(message)) break
    }
    this.#note(messages.length, bytes)
    this.#pullAhead(consumer, last)
    if (last !== undefined) await onMessages(messages, last)
    else await this.#checkProgress(consumer)
  }

  async #stand(consumer: Consumer, most = STANDING_MESSAGES): Promise<void> {
    this.#open = await consumer.fetch({ max_messages: most, expires: STANDING_EXPIRES_MS })
    const waiting: T[] = []
    let handing: Promise<void> | undefined
    let failure: { error: unknown } | undefined
    let last: JsMsg | undefined
    const hand = async (): Promise<void> => {
      // Messages that arrive in one turn of the event loop are handed over together.
      await new Promise((resolve) => setImmediate(resolve))
      while (waiting.length > 0) await this.#options.onMessages(waiting.splice(0), last!)
    }
    for await (const message of this.#open) {
      last = message
      this.#note(1, message.data.length)
      waiting.push(this.#options.read(message))
      handing ??= hand()
        .catch((error: unknown) => {
          failure = { error }
          void this.#open?.close()
        })
        .finally(() => (handing = undefined))
      if (this.#noteEnd(message)) break
    }
    await handing
    if (failure !== undefined) throw failure.error
    if (last === undefined) await this.#checkProgress(consumer)
    this.#pullAhead(consumer, last)
  }

  /** Throws when a pull brought nothing although messages wait: such a consumer never delivers again. */
  async #checkProgress(consumer: Consumer): Promise<void> {
    const { num_pending: waiting, num_ack_pending: taken } = await consumer.info()
    if (waiting > 0 && (taken === 0 || !this.#options.isShared))
      throw new Error(`${waiting} messages wait in the stream, but none was delivered`)
    await this.#options.onIdle?.()
  }

  /** Returns messages that were pulled ahead and not handed over, so that another reader gets them at once. */
  async #giveBack(): Promise<void> {
    const messages = await this.#ahead
    if (messages === undefined) return
    void messages.close()
    for await (const message of messages) message.nak()
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => {})
  }
}
