import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StreamStatus } from '../../schema/generated/api.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { STREAM_NAMES, type StreamName } from '../../schema/streams.ts'

const REFRESH_MS = 500

/** What the streams hold, and whether NATS is connected. */
export class LogStatus {
  /** Set by the owner of the connection. */
  isConnected = false
  readonly #logger: Logger
  #jsm: JetStreamManager | undefined
  #streams: readonly StreamStatus[] = []
  #reading: Promise<readonly StreamStatus[]> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(logger: Logger) {
    this.#logger = logger
  }

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false })
  }

  /** The last answer, without asking. */
  get streams(): readonly StreamStatus[] {
    return this.#streams
  }

  /** All streams. Asks the log at most twice a second, however often it is called. For a stream that does not answer it returns the last answer. */
  read(): Promise<readonly StreamStatus[]> {
    const now = performance.now()
    if (this.#reading !== undefined && now - this.#readAtMs < REFRESH_MS) return this.#reading
    this.#readAtMs = now
    return (this.#reading = this.#readAll())
  }

  /** A stream's last sequence now; undefined when the log cannot be asked. */
  async lastSequence(name: StreamName): Promise<number | undefined> {
    return (await this.#readOne(name))?.lastSequence
  }

  async #readAll(): Promise<readonly StreamStatus[]> {
    const found = await Promise.all(STREAM_NAMES.map((name) => this.#readOne(name)))
    const known = (name: string): StreamStatus | undefined => this.#streams.find((stream) => stream.name === name)
    this.#streams = STREAM_NAMES.flatMap((name, index) => found[index] ?? known(name) ?? [])
    return this.#streams
  }

  async #readOne(name: StreamName): Promise<StreamStatus | undefined> {
    try {
      const info = await this.#jsm?.streams.info(name)
      if (info === undefined) return undefined
      const { messages, bytes, last_seq: lastSequence } = info.state
      return { name, messages, bytes, lastSequence }
    } catch (error) {
      this.#logger.debug({ err: error, stream: name }, 'cannot ask the log')
      return undefined
    }
  }
}
