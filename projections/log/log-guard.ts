import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Input } from '../../schema/read-models.ts'
import { infoOfLeader } from '../../schema/replicas.ts'
import { BackOff } from '../../schema/runtime/back-off.ts'
import { LogMismatchError } from '../../schema/runtime/errors.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { Checkpoints } from '../file/checkpoint.ts'
import type { LostEvents } from '../file/lost-events.ts'
import { auditStream } from './audit-stream.ts'
import { rereadStream } from './reread-stream.ts'
import type { Rereadings } from '../file/rereadings.ts'
import type { ErasedSequences } from './erased-sequences.ts'
import { countSequences, type SequenceRange } from '../file/sequence-ranges.ts'
import { verifyLog } from './verify-log.ts'

const RETRY_PAUSES = { firstMs: 100, maxMs: 5_000 }
/** How many ranges of lost events one message of the logger names at most. */
const MAX_NAMED_RANGES = 10

export interface LogGuardOptions {
  readonly inputs: readonly Input[]
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  readonly checkpoints: Checkpoints
  readonly rereadings: Rereadings
  readonly erased: ErasedSequences
  readonly lost: LostEvents
  readonly logger: Logger
  readonly auditIntervalMs: number
  /** Called when the log was verified after a reconnect. */
  readonly onVerified: () => void
  /** Called when the log is not the one that the file was built from. */
  readonly onMismatch: (error: LogMismatchError) => void
}

/**
 * Watches that the log still is the one that a read model was built from. After each reconnect it compares the log with
 * the checkpoints, because the server may have another log or an older state of it; nothing may be applied until that
 * has succeeded. At start, after each reconnect and once in each interval it also looks for events that the log lost. A
 * server that was restarted may have lost messages that it still counts, so the messages before the checkpoint are read
 * again once.
 */
export class LogGuard implements Disposable {
  readonly #options: LogGuardOptions
  readonly #closing = new AbortController()
  #isVerified = true
  /** Counts disconnects and reconnects. A verification does not count if its connection was lost before it ended. */
  #connection = 0
  #timer: NodeJS.Timeout | undefined
  #audits: Promise<unknown> = Promise.resolve()
  #isRereading = false

  constructor(options: LogGuardOptions) {
    this.#options = options
  }

  /** Whether messages that were received may be applied. */
  get isVerified(): boolean {
    return this.#isVerified
  }

  /** Starts to watch. Call it after all inputs were verified. Resolves after the first audit, even if that failed. */
  async start(): Promise<void> {
    void this.#followConnection()
    await this.#audit()
    this.#startRereading()
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  /** @throws LogMismatchError, or the error of a server that does not answer */
  async verify(stream: StreamName): Promise<void> {
    const { jsm, checkpoints, onMismatch } = this.#options
    try {
      // The checkpoint is read before the log: both advance, and the log must not seem to end before the checkpoint.
      const checkpoint = checkpoints.read(stream)
      await verifyLog(jsm, stream, await infoOfLeader(jsm, stream), checkpoint)
    } catch (error) {
      if (error instanceof LogMismatchError) onMismatch(error)
      throw error
    }
  }

  /** Records lost events and logs those that were not recorded before. */
  recordLost(stream: StreamName, ranges: readonly SequenceRange[]): void {
    this.#report(stream, this.#options.lost.record(stream, ranges))
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.#options.connection.status()) {
      if (type === 'disconnect') {
        this.#isVerified = false
        this.#connection++
      } else if (type === 'reconnect') void this.#verifyAgain(++this.#connection)
    }
  }

  /** Repeats the verification until it succeeds, because a server that has just started may not answer yet. */
  async #verifyAgain(connection: number): Promise<void> {
    const { inputs, logger, onVerified } = this.#options
    const backOff = new BackOff(RETRY_PAUSES)
    while (!this.#closing.signal.aborted) {
      try {
        for (const { stream } of inputs) await this.verify(stream)
        if (connection !== this.#connection) return
        this.#isVerified = true
        onVerified()
        await this.#audit()
        return this.#startRereading()
      } catch (error) {
        if (error instanceof LogMismatchError || connection !== this.#connection) return
        const retryMs = backOff.next()
        logger.warn({ err: error, retryMs }, 'cannot compare the log with the checkpoints yet; will retry')
        await pause(retryMs, undefined, { signal: this.#closing.signal }).catch(() => {})
      }
    }
  }

  /** Audits all inputs, one audit after the other, and schedules the next audit. */
  async #audit(): Promise<void> {
    clearTimeout(this.#timer)
    const audit = this.#audits.then(() => this.#auditInputs())
    this.#audits = audit
    const delayMs = (await audit) ? this.#options.auditIntervalMs : RETRY_PAUSES.maxMs
    clearTimeout(this.#timer)
    if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => void this.#audit(), delayMs).unref()
  }

  /** @returns false if the audit has to be repeated soon */
  async #auditInputs(): Promise<boolean> {
    const { inputs, jsm, checkpoints, erased, lost, logger } = this.#options
    try {
      for (const { stream, filters } of inputs) {
        if (!this.#isVerified || this.#closing.signal.aborted) return true
        const upTo = filters === undefined ? (checkpoints.read(stream)?.sequence ?? 0) : Number.MAX_SAFE_INTEGER
        this.#report(stream, await auditStream({ jsm, stream, upTo, erased, lost }))
      }
      return true
    } catch (error) {
      if (!this.#closing.signal.aborted) logger.warn({ err: error }, 'cannot look for lost events yet; will retry')
      return false
    }
  }

  #startRereading(): void {
    if (this.#isRereading) return
    this.#isRereading = true
    void this.#reread().finally(() => (this.#isRereading = false))
  }

  /** Reads the messages before the checkpoints again, once for each start of a server. */
  async #reread(): Promise<void> {
    const { inputs, connection, jsm, checkpoints, rereadings, erased, logger } = this.#options
    const { signal } = this.#closing
    const server = connection.info?.server_id ?? ''
    for (const { stream, filters } of inputs) {
      const upTo = checkpoints.read(stream)?.sequence ?? 0
      // A stream of which this read model takes only some subjects is read again for the read model that takes all.
      if (filters !== undefined || rereadings.isDone(stream, server)) continue
      try {
        const lost = await rereadStream({ connection, jsm, stream, upTo, erased, signal })
        if (lost === undefined) return
        if (server !== connection.info?.server_id) return this.#reread()
        this.recordLost(stream, lost)
        rereadings.setDone(stream, server)
      } catch (error) {
        if (signal.aborted) return
        logger.warn({ err: error, stream }, 'cannot read the log again yet; will retry')
        await pause(RETRY_PAUSES.maxMs, undefined, { signal, ref: false }).catch(() => {})
        return this.#reread()
      }
    }
  }

  #report(stream: StreamName, lost: readonly SequenceRange[]): void {
    if (lost.length === 0) return
    const details = { stream, events: countSequences(lost), ranges: lost.slice(0, MAX_NAMED_RANGES) }
    this.#options.logger.error(details, 'the log lost events: the read model, or a rebuild of it, is incomplete')
  }
}
