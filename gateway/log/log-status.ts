import { setTimeout as pause } from 'node:timers/promises'
import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  type ConsumerInfo,
  type JetStreamAccountStats,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StreamStatus } from '../../schema/generated/api.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { COVERAGE, POSTS, SCORES, STREAM_NAMES, type StreamName } from '../../schema/streams.ts'
import { OldestEvents } from './oldest-events.ts'

const STREAM_INTERVAL_MS = 500
/** How often the consumers and the account's limits are read, which change less often than streams. */
const SLOW_INTERVAL_MS = 2_000
/** A stream that does not answer for this long counts as silent. */
const SILENCE_MS = 5_000
/** The streams whose consumers are listed: those of read models and scorers. */
const FOLLOWED = [POSTS, SCORES, COVERAGE] as const

/** What was last read of a stream. */
export interface StreamSample {
  readonly name: StreamName
  /** Undefined before the first answer, and while the stream does not exist. */
  readonly info: StreamInfo | undefined
  readonly isMissing: boolean
  /** When the request for the last answer was sent, by the monotonic clock. */
  readonly askedAtMs: number
  /** Why the stream has not answered for some seconds; undefined if it has answered. */
  readonly failure: string | undefined
}

/** The figures of a stream; undefined while they are not known. */
export function toStreamStatus({ name, info }: StreamSample): StreamStatus | undefined {
  if (info === undefined) return undefined
  const { messages, bytes, last_seq: lastSequence } = info.state
  return { name, messages, bytes, lastSequence }
}

interface StreamState extends Omit<StreamSample, 'name'> {
  readonly answeredAtMs: number
}

/** The state of the log, which is read twice a second, and whether NATS is connected. */
export class LogStatus implements Disposable {
  /** Set by the owner of the connection. */
  isConnected = false
  readonly #logger: Logger
  readonly #nowMs: () => number
  readonly #streams = new Map<StreamName, StreamState>()
  #consumers: readonly ConsumerInfo[] = []
  #account: JetStreamAccountStats | undefined
  #oldest: OldestEvents | undefined
  #jsm: JetStreamManager | undefined
  readonly #stop = new AbortController()

  constructor(logger: Logger, nowMs: () => number = () => performance.now()) {
    this.#logger = logger
    this.#nowMs = nowMs
  }

  /** Resolves once every stream was read. */
  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false })
    this.#oldest = new OldestEvents(this.#jsm, this.#logger)
    const streams = STREAM_NAMES.map((name) => () => this.#readStream(name))
    const others = [(): Promise<void> => this.#readConsumers(), (): Promise<void> => this.#readAccount()]
    await Promise.all([...streams, ...others].map((read) => read()))
    for (const read of streams) void this.#repeat(read, STREAM_INTERVAL_MS)
    for (const read of others) void this.#repeat(read, SLOW_INTERVAL_MS)
  }

  /** The streams as they were last read. A stream that does not answer keeps its last figures. */
  get streams(): StreamStatus[] {
    return this.samples.flatMap((sample) => toStreamStatus(sample) ?? [])
  }

  get samples(): StreamSample[] {
    return STREAM_NAMES.map((name) => {
      const state = this.#streams.get(name)
      if (state === undefined)
        return { name, info: undefined, isMissing: false, askedAtMs: 0, failure: 'no answer yet' }
      const isSilent = this.#nowMs() - state.answeredAtMs > SILENCE_MS
      const failure = isSilent ? (state.failure ?? 'no answer') : undefined
      return { name, info: state.info, isMissing: state.isMissing, askedAtMs: state.askedAtMs, failure }
    })
  }

  /** The consumers on POSTS, SCORES and COVERAGE, also those of other hosts. */
  get consumers(): readonly ConsumerInfo[] {
    return this.#consumers
  }

  /** The storage and the limits of the account; undefined while they are not known. */
  get account(): JetStreamAccountStats | undefined {
    return this.#account
  }

  /** The age of the first event from a sequence on, in milliseconds by the server's clock; undefined while it is not known. */
  ageMs(stream: StreamName, sequence: number, subject?: string): number | undefined {
    const storedAtMs = this.#oldest?.storedAtMs(stream, sequence, subject)
    const serverNow = this.#streams.get(stream)?.info?.ts
    if (storedAtMs === undefined) return undefined
    return Math.max(0, (serverNow === undefined ? Date.now() : Date.parse(serverNow)) - storedAtMs)
  }

  /** A stream's last sequence now; undefined when the log does not answer. */
  async lastSequence(name: StreamName): Promise<number | undefined> {
    return (await this.#readStream(name))?.state.last_seq
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#jsm = undefined
  }

  /**
   * Reads again and again, each time after the last answer, so that a slow server gets one request at a time. Each read
   * repeats on its own, so one without an answer does not hold up the others.
   */
  async #repeat(read: () => Promise<unknown>, intervalMs: number): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await pause(intervalMs, undefined, { signal, ref: false }).catch(() => {})
      if (!signal.aborted) await read()
    }
  }

  async #readStream(name: StreamName): Promise<StreamInfo | undefined> {
    const askedAtMs = this.#nowMs()
    try {
      const info = await this.#jsm?.streams.info(name)
      if (info === undefined) return undefined
      this.#streams.set(name, { info, isMissing: false, askedAtMs, answeredAtMs: this.#nowMs(), failure: undefined })
      return info
    } catch (error) {
      this.#streamFailed(name, error as Error, askedAtMs)
      return undefined
    }
  }

  #streamFailed(name: StreamName, error: Error, askedAtMs: number): void {
    this.#logger.debug({ err: error, stream: name }, 'cannot read the state of a stream')
    const isMissing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound
    const last = this.#streams.get(name) ?? { info: undefined, isMissing: false, askedAtMs: 0, answeredAtMs: askedAtMs }
    const answer = { info: undefined, isMissing, askedAtMs, answeredAtMs: this.#nowMs(), failure: undefined }
    this.#streams.set(name, isMissing ? answer : { ...last, failure: error.message })
  }

  async #readConsumers(): Promise<void> {
    try {
      const jsm = this.#jsm
      if (jsm === undefined) return
      const lists = await Promise.all(FOLLOWED.map((stream) => Array.fromAsync(jsm.consumers.list(stream))))
      this.#consumers = lists.flat()
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot list consumers')
    }
  }

  async #readAccount(): Promise<void> {
    try {
      this.#account = await this.#jsm?.getAccountInfo()
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot read the limits of the account')
    }
  }
}
