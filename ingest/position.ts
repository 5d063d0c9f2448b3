import { jetstreamManager, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { nuid, type NatsConnection } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { requireStream } from '../schema/apply-streams.ts'
import { infoOfLeader } from '../schema/replicas.ts'
import { LogMismatchError } from '../schema/runtime/errors.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { LEADER_RETRIES } from '../schema/runtime/once-led.ts'
import { DurablePublisher, type PublisherOptions } from '../schema/runtime/publish.ts'
import { POSTS, SOURCE_POSITIONS_BUCKET, SOURCE_POSITIONS_STREAM } from '../schema/streams.ts'
import { findMismatch, type LogState } from './log-state.ts'

const POSTS_MISSING = 'Posts that were stored before are missing. Start again: the source is read from the beginning.'
const PURGE = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' }

/** Called with a position that does not belong to the log, so that its source starts from the beginning. */
export type DiscardListener = (key: string, reason: string) => void

interface PositionsParts {
  readonly publisher: DurablePublisher
  readonly jsm: JetStreamManager
  readonly log: LogState
  readonly onDiscarded: DiscardListener
}

/** The value of a key in the bucket. Older versions stored only the position itself. */
interface Entry {
  readonly log: LogState
  readonly position: object
}

/**
 * How far each source has read. Positions are kept in a bucket on the NATS server, so that they are backed up together with
 * the log. Each one is stored with the state of POSTS and is not used after POSTS was re-created or went back to an older
 * state, because posts before the position are missing then.
 */
export class Positions {
  readonly #publisher: DurablePublisher
  readonly #jsm: JetStreamManager
  readonly #onDiscarded: DiscardListener
  /** The newest known state of POSTS. Everything that this process publishes belongs to this log. */
  #log: LogState

  private constructor(parts: PositionsParts) {
    this.#publisher = parts.publisher
    this.#jsm = parts.jsm
    this.#log = parts.log
    this.#onDiscarded = parts.onDiscarded
  }

  /** Call it before anything is published. @throws OperationalError if the bucket does not exist */
  static async open(
    connection: NatsConnection,
    onDiscarded: DiscardListener,
    publishing: PublisherOptions = {},
  ): Promise<Positions> {
    const jsm = await jetstreamManager(connection)
    await requireStream(jsm, SOURCE_POSITIONS_STREAM)
    const publisher = new DurablePublisher(connection, publishing)
    return new Positions({ publisher, jsm, log: await readLogState(jsm), onDiscarded })
  }

  /** @returns undefined if there is no position, or none that belongs to the log */
  async read<T>(key: string): Promise<T | undefined> {
    // The leader is asked, because another replica may still have an older position.
    const request = { last_by_subj: subjectOf(key) }
    const found = await retried(() => this.#jsm.streams.getMessage(SOURCE_POSITIONS_STREAM, request))
    if (found === null || found.header.has('KV-Operation')) return undefined
    const value = found.json<Partial<Entry>>()
    const isEntry = value.log !== undefined && value.position !== undefined
    const saved = isEntry ? value.log : found.time
    const reason = findMismatch(saved, await retried(() => readLogState(this.#jsm)))
    if (reason === undefined) return (isEntry ? value.position : value) as T
    this.#onDiscarded(key, reason)
    return undefined
  }

  /** @throws LogMismatchError as {@link requireSameLog} */
  async save(key: string, position: object): Promise<void> {
    await this.requireSameLog()
    const entry: Entry = { log: this.#log, position }
    await this.#put(key, JSON.stringify(entry))
  }

  async forget(key: string): Promise<void> {
    await this.#put(key, '', PURGE)
  }

  /**
   * Makes sure that POSTS still is the stream that this process began with, and has everything that it had. While the
   * server does not answer, the last known state of POSTS is assumed.
   * @throws LogMismatchError if posts that this process stored are missing, so that it must start again
   */
  async requireSameLog(): Promise<void> {
    const now = await readLogState(this.#jsm).catch(() => this.#log)
    const reason = findMismatch(this.#log, now)
    if (reason !== undefined) throw new LogMismatchError(POSTS, `${reason}. ${POSTS_MISSING}`)
    this.#log = now
  }

  async #put(key: string, payload: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#publisher.publishSingly([{ subject: subjectOf(key), payload, messageId: nuid.next(), headers }])
  }
}

const subjectOf = (key: string): string => `$KV.${SOURCE_POSITIONS_BUCKET}.${key}`

/** Repeats a request that got no answer. An answer that refuses the request is final. */
const retried = <T>(request: () => Promise<T>): Promise<T> =>
  pRetry(request, {
    ...LEADER_RETRIES,
    shouldRetry: ({ error }) => !(error instanceof JetStreamApiError) && error.name !== 'ClosedConnectionError',
  })

async function readLogState(jsm: JetStreamManager): Promise<LogState> {
  const { created, state } = await infoOfLeader(jsm, POSTS)
  return { created, lastSequence: state.last_seq }
}

/** Logs a discarded position. */
export const logDiscarded =
  (logger: Logger): DiscardListener =>
  (position, reason) =>
    logger.warn({ position, reason }, 'the stored position belongs to another log; reading from the beginning')
