import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { requireStream } from '../schema/apply-streams.ts'
import {
  changesSubject,
  encodeNotice,
  inputsOf,
  projectorConsumer,
  type ChangeNotice,
  type Input,
} from '../schema/read-models.ts'
import { maxMessageBytes } from '../schema/runtime/check-server.ts'
import { protectDataDir, readModelMode } from '../schema/runtime/data-dir.ts'
import type { LogMismatchError } from '../schema/runtime/errors.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { onceLed } from '../schema/runtime/once-led.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'
import { startProcess, type ProcessParts } from '../schema/runtime/start-process.ts'
import type { StreamName } from '../schema/streams.ts'
import { BatchWriter, type StreamBatch } from './file/batch-writer.ts'
import { Checkpoints, type Checkpoint } from './file/checkpoint.ts'
import { explainDamage, openReadModel } from './file/database.ts'
import { DeadLetterOutbox } from './file/dead-letters.ts'
import { closeReadModel } from './file/close-read-model.ts'
import { claimFileId } from './file/file-id.ts'
import { watchFile } from './file/file-watch.ts'
import { lockFile } from './file/lock.ts'
import { LostEvents } from './file/lost-events.ts'
import { Rereadings } from './file/rereadings.ts'
import { Scrubber } from './file/scrubber.ts'
import { WriteAheadLogWatch } from './file/write-ahead-log.ts'
import { ErasedSequences } from './log/erased-sequences.ts'
import { deleteConsumer } from './log/file-consumer.ts'
import { LogGuard } from './log/log-guard.ts'
import { StreamFollower } from './log/stream-follower.ts'
import type { Projection } from './projection.ts'

const REPORT_INTERVAL_MS = 10_000
const DRAIN_TIMEOUT_MS = 1_000
const AUDIT_INTERVAL_MS = 10_000

export interface ProjectorOptions {
  /** How often it looks for events that the log lost after they were applied. */
  readonly auditIntervalMs?: number
}

/**
 * Follows the streams of a projection and keeps its read model up to date.
 * @throws OperationalError when another process writes the file
 */
export async function startProjector(
  projection: Projection<unknown>,
  config: SharedConfig,
  logger: Logger,
  { auditIntervalMs = AUDIT_INTERVAL_MS }: ProjectorOptions = {},
): Promise<Service> {
  protectDataDir(config, logger)
  const file = join(config.dataDir, `${projection.name}.db`)
  const stack = new AsyncDisposableStack()
  stack.use(lockFile(file))
  const name = (): string => `projector ${projection.name}`
  return startProcess({ user: 'projector', name, config, logger }, stack, async (parts) => {
    const { health } = parts
    const database = openReadModel(file, projection, readModelMode(config))
    stack.defer(() => closeReadModel(database))
    stack.use(new WriteAheadLogWatch({ name: projection.name, database, health }))
    const fileId = claimFileId(database)
    health.fileId = fileId
    const projector = stack.use(new Projector({ ...parts, projection, database, fileId, logger, auditIntervalMs }))
    await projector.start()
    const { replaced } = stack.use(watchFile(database.name))
    replaced.catch(parts.fail)
  })
}

interface ProjectorParts extends ProcessParts {
  readonly projection: Projection<unknown>
  readonly database: Database
  readonly fileId: string
  readonly logger: Logger
  readonly auditIntervalMs: number
}

/**
 * The loop of every read model. Followers gather the messages of the input streams; whenever there are some, one
 * transaction applies them. Then the messages are acknowledged, readers get a change notice, and dead letters are sent.
 */
class Projector implements AsyncDisposable {
  readonly #parts: ProjectorParts
  readonly #writer: BatchWriter
  readonly #checkpoints: Checkpoints
  readonly #lost: LostEvents
  readonly #erased: ErasedSequences
  readonly #guard: LogGuard
  readonly #outbox: DeadLetterOutbox
  readonly #scrubber: Scrubber
  readonly #inputs: { readonly follower: StreamFollower; readonly created: string }[] = []
  readonly #positions: Record<string, number> = {}
  /** The checkpoints of the last change notice. */
  #announced: Record<string, number> = {}
  #scheduled = false
  #draining: Promise<void> | undefined
  /** Whether the last attempt to send dead letters failed. Only the regular attempts go on then. */
  #areLettersStuck = false
  #appliedSinceReport = 0
  #report: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: ProjectorParts) {
    const { projection, database, connection, jsm, health, logger } = parts
    this.#parts = parts
    this.#writer = new BatchWriter(database, projection)
    this.#checkpoints = new Checkpoints(database)
    this.#lost = new LostEvents(database)
    this.#erased = new ErasedSequences(database, jsm, this.#lost)
    this.#guard = new LogGuard({
      ...parts,
      inputs: inputsOf(projection),
      checkpoints: this.#checkpoints,
      erased: this.#erased,
      lost: this.#lost,
      rereadings: new Rereadings(database),
      onVerified: () => this.#schedule(),
      onMismatch: (error) => this.#refuse(error),
    })
    this.#scrubber = new Scrubber({ name: projection.name, database, logger, health })
    const onDropped = (): void => this.#scrubber.note()
    this.#outbox = new DeadLetterOutbox({ database, connection, jsm, projection, health, onDropped })
  }

  /** @throws LogMismatchError when the log is not the one that the file was built from */
  async start(): Promise<void> {
    for (const input of inputsOf(this.#parts.projection)) await this.#addInput(input)
    this.#announced = { ...this.#positions }
    await this.#guard.start()
    for (const { follower } of this.#inputs) await follower.start()
    // An earlier process may have been killed before it had scrubbed an erasure or sent its dead letters.
    this.#scrubber.note()
    this.#drainDeadLetters()
    this.#report = setInterval(() => this.#reportProgress(), REPORT_INTERVAL_MS)
    this.#report.unref()
    const lostEvents = this.#lost.count()
    this.#parts.logger.info({ checkpoints: this.#positions, lostEvents }, 'projector started')
  }

  async #addInput(input: Input): Promise<void> {
    const { projection, fileId, connection, jsm, logger } = this.#parts
    const { stream } = input
    const { created } = await requireStream(jsm, stream)
    await onceLed(() => this.#guard.verify(stream))
    const after = this.#checkpoints.read(stream)?.sequence ?? 0
    if (after === 0) this.#checkpoints.write(stream, { sequence: 0, streamCreated: created, digest: null })
    this.#positions[stream] = after
    // Former versions left this consumer, which the projectors of all hosts shared.
    await deleteConsumer(jsm, stream, `projector-${projection.name}`)
    const follower = new StreamFollower({
      ...input,
      connection,
      jsm,
      logger,
      consumer: projectorConsumer(projection.name, fileId),
      after,
      erased: this.#erased,
      verify: () => this.#guard.verify(stream),
      onMessages: () => this.#schedule(),
      onLost: (lost) => this.#guard.recordLost(stream, lost),
      onEnd: (sequence, digest) => this.#moveTo(stream, { sequence, streamCreated: created, digest }),
    })
    this.#inputs.push({ follower, created })
  }

  /** Moves a checkpoint over messages that are gone, or that this read model does not take. */
  #moveTo(stream: StreamName, checkpoint: Checkpoint): boolean {
    if (this.#closed || !this.#guard.isVerified) return false
    this.#checkpoints.write(stream, checkpoint)
    this.#positions[stream] = checkpoint.sequence
    this.#announce([])
    return true
  }

  /** Stops applying, because the log is not the one that the file was built from. */
  #refuse(error: LogMismatchError): void {
    this.#closed = true
    this.#parts.fail(error)
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
      this.#parts.fail(explainDamage(error, this.#parts.database.name))
    }
  }

  #commit(): void {
    const batches = this.#guard.isVerified ? this.#nextBatches() : []
    if (batches.length === 0) return
    const { applied, rejected, positions, subreddits, erased } = this.#writer.write(batches)
    this.#appliedSinceReport += applied
    Object.assign(this.#positions, positions)
    for (const { follower } of this.#inputs) follower.applied(this.#positions[follower.stream]!)
    this.#announce(subreddits)
    if ((rejected > 0 || erased !== undefined) && !this.#areLettersStuck) this.#drainDeadLetters()
    if (erased !== undefined) this.#scrubber.note(erased.texts)
    this.#parts.health.lag = this.#inputs.reduce((sum, { follower }) => sum + follower.pending + follower.buffered, 0)
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
    const { projection, fileId, connection } = this.#parts
    const [before, checkpoints] = [this.#announced, { ...this.#positions }]
    const notice: ChangeNotice = { projection: projection.name, fileId, before, checkpoints, subreddits }
    connection.publish(changesSubject(projection.name), encodeNotice(notice, maxMessageBytes(connection)))
    this.#announced = checkpoints
  }

  #drainDeadLetters(): void {
    this.#draining ??= this.#outbox
      .drain()
      .then(
        () => void (this.#areLettersStuck = false),
        (error: unknown) => this.#noteStuck(error),
      )
      .finally(() => (this.#draining = undefined))
  }

  #noteStuck(error: unknown): void {
    if (!this.#areLettersStuck) this.#parts.logger.warn({ err: error }, 'could not publish dead letters; will retry')
    this.#areLettersStuck = true
  }

  #reportProgress(): void {
    this.#drainDeadLetters()
    if (this.#appliedSinceReport === 0) return
    const pending = this.#inputs.reduce((sum, { follower }) => sum + follower.pending, 0)
    const rate = Math.round((this.#appliedSinceReport * 1_000) / REPORT_INTERVAL_MS)
    this.#parts.logger.info({ applied: this.#appliedSinceReport, ratePerSecond: rate, pending }, 'applied events')
    this.#appliedSinceReport = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearInterval(this.#report)
    this.#guard[Symbol.dispose]()
    for (const { follower } of this.#inputs) await follower[Symbol.asyncDispose]()
    await Promise.race([this.#draining, new Promise((resolve) => setTimeout(resolve, DRAIN_TIMEOUT_MS).unref())])
    await this.#scrubber[Symbol.asyncDispose]()
  }
}
