import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Database } from 'better-sqlite3'
import { Health } from '../schema/heartbeat.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { changesSubject, inputsOf, projectorConsumer, type ChangeNotice, type Input } from '../schema/read-models.ts'
import { LogMismatchError } from '../schema/runtime/errors.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'
import { BatchWriter, type StreamBatch } from './file/batch-writer.ts'
import { Checkpoints } from './file/checkpoint.ts'
import { explainDamage, openReadModel } from './file/database.ts'
import { DeadLetterOutbox } from './file/dead-letters.ts'
import { Scrubber } from './file/scrubber.ts'
import { StreamFollower } from './log/stream-follower.ts'
import { verifyLog } from './log/verify-log.ts'
import type { Projection } from './projection.ts'

const REPORT_INTERVAL_MS = 10_000
const DRAIN_TIMEOUT_MS = 1_000

/** Follows the streams of a projection and keeps its read model up to date. */
export async function startProjector(
  projection: Projection<unknown>,
  config: SharedConfig,
  logger: Logger,
): Promise<Service> {
  await mkdir(config.dataDir, { recursive: true })
  const stack = new AsyncDisposableStack()
  try {
    const database = openReadModel(join(config.dataDir, `${projection.name}.db`), projection)
    stack.defer(() => void database.close())
    const connection = await connectNats({
      url: config.natsUrl,
      user: 'projector',
      name: `projector ${projection.name}`,
      dataDir: config.dataDir,
      logger,
    })
    stack.defer(() => connection.close())
    const jsm = await jetstreamManager(connection)
    const projector = stack.use(new Projector({ projection, database, connection, jsm, health: new Health(), logger }))
    await projector.start()
    return { failed: projector.failed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

interface ProjectorParts {
  readonly projection: Projection<unknown>
  readonly database: Database
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly health: Health
  readonly logger: Logger
}

/**
 * The loop of every read model. Followers gather the messages of the input streams; whenever there are some, one
 * transaction applies them. Then the messages are acknowledged, readers get a change notice, and dead letters are sent.
 */
class Projector implements AsyncDisposable {
  readonly failed: Promise<never>
  readonly #parts: ProjectorParts
  readonly #writer: BatchWriter
  readonly #checkpoints: Checkpoints
  readonly #outbox: DeadLetterOutbox
  readonly #scrubber: Scrubber
  readonly #inputs: { readonly follower: StreamFollower; readonly created: string }[] = []
  readonly #positions: Record<string, number> = {}
  #fail: (error: unknown) => void = () => {}
  #scheduled = false
  #draining: Promise<void> | undefined
  #appliedSinceReport = 0
  #report: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: ProjectorParts) {
    const { projection, database, connection, jsm, health, logger } = parts
    this.#parts = parts
    this.#writer = new BatchWriter(database, projection)
    this.#checkpoints = new Checkpoints(database)
    this.#scrubber = new Scrubber(database, logger)
    const onDropped = (): void => this.#scrubber.note()
    this.#outbox = new DeadLetterOutbox({ database, connection, jsm, process: projection.name, health, onDropped })
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    this.failed.catch(() => {})
    void connection.closed().then((error) => {
      if (!this.#closed) this.#fail(error ?? new Error('the connection to NATS was closed'))
    })
  }

  /** @throws LogMismatchError when the log is not the one that the file was built from */
  async start(): Promise<void> {
    for (const input of inputsOf(this.#parts.projection)) await this.#addInput(input)
    for (const { follower } of this.#inputs) await follower.start()
    void this.#verifyAfterReconnects()
    // An earlier process may have been killed before it had scrubbed an erasure or sent its dead letters.
    this.#scrubber.note()
    this.#drainDeadLetters()
    this.#report = setInterval(() => this.#reportProgress(), REPORT_INTERVAL_MS)
    this.#report.unref()
    const lostEvents = this.#checkpoints.countLost()
    this.#parts.logger.info({ checkpoints: this.#positions, lostEvents }, 'projector started')
  }

  async #addInput(input: Input): Promise<void> {
    const { projection, connection, jsm, logger } = this.#parts
    const { stream } = input
    const info = await requireStream(jsm, stream)
    const checkpoint = this.#checkpoints.read(stream)
    await verifyLog(jsm, stream, info, checkpoint)
    if (checkpoint === undefined)
      this.#checkpoints.write(stream, { sequence: 0, streamCreated: info.created, digest: null })
    const after = checkpoint?.sequence ?? 0
    this.#positions[stream] = after
    const follower = new StreamFollower({
      ...input,
      connection,
      jsm,
      logger,
      consumer: projectorConsumer(projection.name),
      after,
      onMessages: () => this.#schedule(),
      onLost: (first, last) => this.#checkpoints.recordLost(stream, first, last),
      onIdle: () => this.#verifyLog(),
    })
    this.#inputs.push({ follower, created: info.created })
  }

  /** One commit applies all messages that arrive in the same turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#closed) this.#commitOrFail()
    })
  }

  #commitOrFail(): void {
    try {
      this.#commit()
    } catch (error) {
      // The changes that the writer gathered for the failed transaction must not get into another one.
      this.#closed = true
      this.#fail(explainDamage(error, this.#parts.database.name))
    }
  }

  #commit(): void {
    const batches = this.#nextBatches()
    if (batches.length === 0) return
    const { applied, rejected, positions, subreddits, erased } = this.#writer.write(batches)
    this.#appliedSinceReport += applied
    Object.assign(this.#positions, positions)
    for (const { follower } of this.#inputs) follower.applied(this.#positions[follower.stream]!)
    this.#announce(subreddits)
    if (rejected > 0 || erased !== undefined) this.#drainDeadLetters()
    if (erased !== undefined) this.#scrubber.note(erased.texts)
    if (this.#inputs.some(({ follower }) => follower.buffered > 0)) this.#schedule()
  }

  /** The next messages of each input, in the order of the inputs, which the projection chooses. */
  #nextBatches(): StreamBatch[] {
    return this.#inputs
      .map(({ follower, created }) => ({
        stream: follower.stream,
        streamCreated: created,
        messages: follower.next(),
      }))
      .filter(({ messages }) => messages.length > 0)
  }

  #announce(subreddits: readonly string[]): void {
    const { projection, connection } = this.#parts
    const notice: ChangeNotice = { projection: projection.name, checkpoints: this.#positions, subreddits }
    connection.publish(changesSubject(projection.name), JSON.stringify(notice))
  }

  #drainDeadLetters(): void {
    this.#draining ??= this.#outbox
      .drain()
      .catch((error: unknown) => this.#parts.logger.warn({ err: error }, 'could not publish dead letters; will retry'))
      .finally(() => (this.#draining = undefined))
  }

  #reportProgress(): void {
    this.#drainDeadLetters()
    if (this.#appliedSinceReport === 0) return
    const pending = this.#inputs.reduce((sum, { follower }) => sum + follower.pending, 0)
    const rate = Math.round((this.#appliedSinceReport * 1_000) / REPORT_INTERVAL_MS)
    this.#parts.logger.info({ applied: this.#appliedSinceReport, ratePerSecond: rate, pending }, 'applied events')
    this.#appliedSinceReport = 0
  }

  /** Compares the log again after each reconnect, because the server may have another log or an older state of it. */
  async #verifyAfterReconnects(): Promise<void> {
    for await (const { type } of this.#parts.connection.status()) {
      if (type === 'reconnect' && !this.#closed) await this.#verifyLog()
    }
  }

  async #verifyLog(): Promise<void> {
    const { jsm, logger } = this.#parts
    try {
      for (const { follower } of this.#inputs) {
        // The checkpoint is read before the log, because both advance meanwhile.
        const checkpoint = this.#checkpoints.read(follower.stream)
        const info = await jsm.streams.info(follower.stream)
        await verifyLog(jsm, follower.stream, info, checkpoint)
      }
    } catch (error) {
      if (error instanceof LogMismatchError) return this.#fail(error)
      logger.warn({ err: error }, 'cannot compare the log with the checkpoints yet; will retry')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#report)
    for (const { follower } of this.#inputs) await follower[Symbol.asyncDispose]()
    await Promise.race([this.#draining, new Promise((resolve) => setTimeout(resolve, DRAIN_TIMEOUT_MS).unref())])
    await this.#scrubber[Symbol.asyncDispose]()
  }
}
