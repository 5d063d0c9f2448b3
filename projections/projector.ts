import { join } from 'node:path'
import { mkdir } from 'node:fs/promises'
import { jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Database } from 'better-sqlite3'
import { requireStream } from '../schema/apply-streams.ts'
import { subjectPattern } from '../schema/events.ts'
import { type ChangeNotice, changesSubject, projectorConsumer } from '../schema/read-models.ts'
import { COVERAGE, POSTS, SCORES, type StreamName } from '../schema/streams.ts'
import { LogMismatchError } from '../schema/runtime/errors.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { BatchWriter, type LogMessage, type StreamBatch } from './batch-writer.ts'
import { CauseGate } from './cause-gate.ts'
import { Checkpoints } from './checkpoint.ts'
import type { ProjectorConfig } from './config.ts'
import { explainDamage, openReadModel } from './database.ts'
import { DeadLetterOutbox } from './dead-letters.ts'
import { limitErasures, MAX_BATCH_ERASURES } from './limit-erasures.ts'
import { Scrubber } from './scrubber.ts'
import type { Projection } from './projection.ts'
import { MAX_BATCH_MESSAGES, StreamFollower } from './stream-follower.ts'
import { verifyLog } from './verify-log.ts'

const REPORT_INTERVAL_MS = 10_000

/** Follows the streams that a projection handles and keeps its read model up to date. */
export async function startProjector(
  projection: Projection<unknown>,
  config: ProjectorConfig,
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
    const projector = new Projector(projection, database, connection, jsm, logger)
    stack.use(projector)
    await projector.start()
    return { failed: projector.failed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

class Projector implements AsyncDisposable {
  readonly failed: Promise<never>
  readonly #projection: Projection<unknown>
  readonly #database: Database
  readonly #connection: NatsConnection
  readonly #logger: Logger
  readonly #writer: BatchWriter
  readonly #checkpoints: Checkpoints
  readonly #outbox: DeadLetterOutbox
  readonly #scrubber: Scrubber
  readonly #gate = new CauseGate(() => this.#schedule())
  readonly #inputs: { follower: StreamFollower; created: string }[] = []
  readonly #jsm: JetStreamManager
  readonly #positions: Partial<Record<StreamName, number>> = {}
  #fail: (error: unknown) => void = () => {}
  #scheduled = false
  #draining: Promise<void> | undefined
  /** Acknowledgements wait for it. */
  #held: Promise<void> | undefined
  #appliedSinceReport = 0
  #report: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    projection: Projection<unknown>,
    database: Database,
    connection: NatsConnection,
    jsm: JetStreamManager,
    logger: Logger,
  ) {
    this.#projection = projection
    this.#database = database
    this.#connection = connection
    this.#jsm = jsm
    this.#logger = logger
    this.#writer = new BatchWriter(database, projection)
    this.#checkpoints = new Checkpoints(database)
    this.#scrubber = new Scrubber(database, logger)
    const onDropped = (): void => this.#scrubber.note()
    this.#outbox = new DeadLetterOutbox({ database, connection, jsm, process: projection.name, onDropped })
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    this.failed.catch(() => {})
    void connection.closed().then((error) => {
      if (!this.#closed) this.#fail(error ?? new Error('the connection to NATS was closed'))
    })
  }

  async start(): Promise<void> {
    for (const [stream, filter] of this.#wantedStreams()) {
      const info = await requireStream(this.#jsm, stream)
      await this.#addInput(stream, filter, info)
    }
    for (const { follower } of this.#inputs) await follower.start()
    void this.#verifyAfterReconnects()
    // An earlier run may have been killed between an erasure and its scrubbing.
    this.#scrubber.note()
    this.#drainDeadLetters()
    this.#report = setInterval(() => this.#reportProgress(), REPORT_INTERVAL_MS)
    this.#report.unref()
    this.#logger.info({ checkpoints: this.#positions, holes: this.#checkpoints.countHoles() }, 'projector started')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#report)
    this.#gate[Symbol.dispose]()
    for (const { follower } of this.#inputs) await follower[Symbol.asyncDispose]()
    await Promise.race([this.#draining, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
    await this.#scrubber[Symbol.asyncDispose]()
  }

  /** POSTS before SCORES: a score is applied after the post that it is about. */
  #wantedStreams(): [StreamName, string | undefined][] {
    const handles = new Set(this.#projection.handles)
    const wanted: [StreamName, string | undefined][] = []
    if (handles.has('PostSubmitted')) wanted.push([POSTS, undefined])
    else if (handles.has('PostErased')) wanted.push([POSTS, subjectPattern('PostErased')])
    if (handles.has('PostScored')) wanted.push([SCORES, undefined])
    if (handles.has('HourCovered')) wanted.push([COVERAGE, undefined])
    return wanted
  }

  async #addInput(stream: StreamName, filter: string | undefined, info: StreamInfo): Promise<void> {
    const checkpoint = this.#checkpoints.read(stream)
    await verifyLog(this.#jsm, stream, info, checkpoint)
    const after = checkpoint?.sequence ?? 0
    if (checkpoint === undefined)
      this.#checkpoints.write(stream, { sequence: 0, streamCreated: info.created, digest: null })
    this.#positions[stream] = after
    const follower = new StreamFollower({
      connection: this.#connection,
      jsm: this.#jsm,
      logger: this.#logger,
      stream,
      filter,
      consumer: projectorConsumer(this.#projection.name),
      after,
      onMessages: () => this.#schedule(),
      onHole: (first, last) => this.#checkpoints.recordHole(stream, first, last),
      onIdle: () => this.#verifyLog(),
    })
    this.#inputs.push({ follower, created: info.created })
  }

  /** A server that comes back may have another log, or an older state of it. */
  async #verifyAfterReconnects(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'reconnect' && !this.#closed) await this.#verifyLog()
    }
  }

  async #verifyLog(): Promise<void> {
    try {
      for (const { follower } of this.#inputs) {
        // First, since it moves on while the log is asked.
        const checkpoint = this.#checkpoints.read(follower.stream)
        const info = await this.#jsm.streams.info(follower.stream)
        await verifyLog(this.#jsm, follower.stream, info, checkpoint)
      }
    } catch (error) {
      if (error instanceof LogMismatchError) return this.#fail(error)
      this.#logger.warn({ err: error }, 'cannot compare the log with the checkpoints yet')
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(() => this.#commitAll())
  }

  #commitAll(): void {
    this.#scheduled = false
    if (this.#closed) return
    try {
      this.#commit()
    } catch (error) {
      // What the writer gathered for the lost transaction must not get into another one.
      this.#closed = true
      this.#fail(explainDamage(error, this.#database.name))
    }
  }

  #commit(): void {
    const batches = this.#takeBatches()
    if (batches.length === 0) return
    const { applied, rejected, erased, erasedTexts, subreddits } = this.#writer.write(batches)
    this.#appliedSinceReport += applied
    for (const { stream, messages } of batches) this.#positions[stream] = messages.at(-1)!.sequence
    if (erased > 0) this.#holdAcknowledgements()
    if (this.#held === undefined) this.#acknowledge()
    this.#announce(subreddits)
    if (rejected > 0) this.#drainDeadLetters()
    if (erased > 0) this.#scrubber.note(erasedTexts)
    if (this.#inputs.some(({ follower }) => follower.buffered > 0)) this.#schedule()
  }

  #acknowledge(): void {
    for (const { follower } of this.#inputs) follower.acknowledge()
  }

  /**
   * Who erases takes the acknowledgement to say that no text of the post comes from here any more, and looks through DEAD
   * once more: a letter that is on its way has to be there by then.
   */
  #holdAcknowledgements(): void {
    const held = (this.#held = this.#outbox.sending.then(() => {
      if (this.#held !== held || this.#closed) return
      this.#held = undefined
      this.#acknowledge()
    }))
  }

  #takeBatches(): StreamBatch[] {
    const batches: StreamBatch[] = []
    for (const { follower, created } of this.#inputs) {
      const messages =
        follower.stream === SCORES
          ? this.#takeScores(follower, batches)
          : follower.take(MAX_BATCH_MESSAGES, limitErasures(MAX_BATCH_ERASURES))
      if (messages.length > 0) batches.push({ stream: follower.stream, streamCreated: created, messages })
    }
    return batches
  }

  /** @param before what the same transaction applies before them */
  #takeScores(follower: StreamFollower, before: readonly StreamBatch[]): LogMessage[] {
    if (!this.#projection.handles.includes('PostSubmitted')) return follower.take(MAX_BATCH_MESSAGES)
    const postsAt = before.at(-1)?.messages.at(-1)?.sequence ?? this.#positions[POSTS] ?? 0
    const messages = follower.take(MAX_BATCH_MESSAGES, (message) => this.#gate.lets(message, postsAt))
    this.#gate.note(messages.length === 0 && follower.buffered > 0)
    return messages
  }

  #announce(subreddits: readonly string[]): void {
    const notice: ChangeNotice = {
      projection: this.#projection.name,
      checkpoints: this.#positions,
      subreddits,
    }
    this.#connection.publish(changesSubject(this.#projection.name), JSON.stringify(notice))
  }

  #drainDeadLetters(): void {
    this.#draining ??= this.#outbox
      .drain()
      .catch((error: unknown) => this.#logger.warn({ err: error }, 'dead letters wait for a later try'))
      .finally(() => (this.#draining = undefined))
  }

  #reportProgress(): void {
    this.#drainDeadLetters()
    if (this.#appliedSinceReport === 0) return
    const pending = this.#inputs.reduce((sum, { follower }) => sum + follower.pending, 0)
    const rate = Math.round((this.#appliedSinceReport * 1_000) / REPORT_INTERVAL_MS)
    this.#logger.info({ applied: this.#appliedSinceReport, ratePerSecond: rate, pending }, 'applied events')
    this.#appliedSinceReport = 0
  }
}
