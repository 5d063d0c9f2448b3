import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import type { GatewayConfig } from './config.ts'
import type { ScoredTexts } from './explanations/scored-texts.ts'
import type { LiveUpdates } from './live/live-updates.ts'
import type { LogStatus } from './log/log-status.ts'
import type { ProcessWatch } from './log/process-watch.ts'
import type { ShownModel } from './log/shown-model.ts'

interface Parts {
  readonly live: LiveUpdates
  readonly shown: ShownModel
  readonly processes: ProcessWatch
  readonly log: LogStatus
  readonly texts: ScoredTexts
}

/** The connection to NATS. The gateway also answers while there is none. */
export class LogLink implements AsyncDisposable {
  /** Rejects when the connection is closed for good. */
  readonly failed: Promise<never>
  readonly #config: GatewayConfig
  readonly #logger: Logger
  readonly #parts: Parts
  readonly #fail: (error: unknown) => void
  #connection: NatsConnection | undefined
  #isClosing = false

  constructor(config: GatewayConfig, logger: Logger, parts: Parts) {
    this.#config = config
    this.#logger = logger
    this.#parts = parts
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.failed.catch(() => {})
    this.#fail = reject
  }

  /** Connects as soon as NATS answers. */
  open(): void {
    this.#follow().catch(this.#fail)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    await this.#connection?.close()
  }

  async #follow(): Promise<void> {
    const { natsUrl: url, dataDir } = this.#config
    const logger = this.#logger
    const connection = await connectNats({ url, user: 'gateway', name: 'gateway', dataDir, logger })
    if (this.#isClosing) return connection.close()
    this.#connection = connection
    this.#parts.log.isConnected = true
    void this.#watch(connection)
    void connection.closed().then((error) => {
      if (!this.#isClosing) this.#fail(error ?? new Error('the connection to NATS was closed'))
    })
    const { live, shown, processes, log, texts } = this.#parts
    processes.follow(connection)
    await Promise.all([log.follow(connection), texts.follow(connection)])
    await Promise.all([shown.follow(connection), live.follow(connection)])
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.#parts.log.isConnected = false
      if (type !== 'reconnect') continue
      this.#parts.log.isConnected = true
      this.#parts.live.reconnected()
    }
    this.#parts.log.isConnected = false
  }
}
