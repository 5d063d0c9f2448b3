import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { StreamStatus } from '../../schema/generated/api.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { STREAM_NAMES, type StreamName } from '../../schema/streams.ts'

const REFRESH_MS = 500

/** The state of the streams, which is read twice a second, and whether NATS is connected. */
export class LogStatus implements Disposable {
  /** Set by the owner of the connection. */
  isConnected = false
  readonly #logger: Logger
  readonly #streams = new Map<StreamName, StreamStatus>()
  #jsm: JetStreamManager | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Resolves once every stream was read. */
  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false })
    await this.#readAll()
    this.#schedule()
  }

  /** The streams as they were last read. A stream that does not answer keeps its last figures. */
  get streams(): StreamStatus[] {
    return STREAM_NAMES.flatMap((name) => this.#streams.get(name) ?? [])
  }

  /** A stream's last sequence now; undefined when the log does not answer. */
  async lastSequence(name: StreamName): Promise<number | undefined> {
    return (await this.#readOne(name))?.lastSequence
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#jsm = undefined
  }

  /** Schedules the next read only after the last one, so that a slow server gets one request at a time. */
  #schedule(): void {
    if (this.#jsm === undefined) return
    this.#timer = setTimeout(() => void this.#readAll().finally(() => this.#schedule()), REFRESH_MS)
    this.#timer.unref()
  }

  async #readAll(): Promise<void> {
    await Promise.all(STREAM_NAMES.map((name) => this.#readOne(name)))
  }

  async #readOne(name: StreamName): Promise<StreamStatus | undefined> {
    try {
      const info = await this.#jsm?.streams.info(name)
      if (info === undefined) return undefined
      const { messages, bytes, last_seq: lastSequence } = info.state
      const status = { name, messages, bytes, lastSequence }
      this.#streams.set(name, status)
      return status
    } catch (error) {
      this.#logger.debug({ err: error, stream: name }, 'cannot read the state of a stream')
      return undefined
    }
  }
}
