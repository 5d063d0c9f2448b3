import { setTimeout as pause } from 'node:timers/promises'
import { AckPolicy, jetstream, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../schema/decode-event.ts'
import { subjectPattern, type PostErased } from '../schema/events.ts'
import { Outbox } from '../schema/outbox/outbox.ts'
import { blockedLogger, blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import type { PublisherOptions } from '../schema/runtime/publish.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'
import { startProcess } from '../schema/runtime/start-process.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { POSTS } from '../schema/streams.ts'
import { erasePosts } from './erase-posts.ts'
import { TRACED_STREAMS } from './post-trace.ts'
import { awaitReadModels, IS_APPLIED, readModelsBehind, type ReadModelOutcome } from './read-models.ts'
import { awaitScorerLetters, deleteWaitingInput } from './waiting-letters.ts'

/**
 * The durable consumer that delivers recorded erasures. The eraser acknowledges an event after its post is erased from the log
 * and from the read models in DATA_DIR.
 */
const CONSUMER = 'eraser'
const MAX_POSTS = 5_000
const FETCH_EXPIRES_MS = 2_000
/** After a crash, events that were not acknowledged are delivered again after this time. */
const ACK_WAIT_MS = 60_000
const MAX_REST_MS = 3_600_000
/** How many failures one round takes. It is enough to find three bad requests among all; after more, the log may be out of reach. */
const MAX_FAILURES = 40
const STOP_GRACE_MS = 1_000

export interface EraserTimes {
  /** How often the eraser checks whether there is work. */
  readonly pollMs: number
  /** How long the eraser collects work before it begins, because one pass over the log erases any number of posts. */
  readonly gatherMs: number
  /** After which time the eraser tries again what failed, or what a read model has not applied. */
  readonly retryMs: number
  /** How many times as long as it was at work the eraser rests, because it may read days of the log for a few posts. */
  readonly restFactor: number
  /** How long the eraser waits for read models that do not advance. */
  readonly silenceMs: number
}

const TIMES: EraserTimes = {
  pollMs: 60_000,
  gatherMs: 300_000,
  retryMs: 300_000,
  restFactor: 20,
  silenceMs: 6_000,
}

/**
 * Erases the posts for which other processes recorded a PostErased, until it is disposed. A PostErased without sequences means
 * that the messages are still to be deleted; a process that deletes messages itself records their sequences. When the eraser is
 * interrupted at any point, the next one begins again with the events that were not acknowledged.
 *
 * It also sends dead letters that an import left behind when it ended, because it is the only process that runs with every
 * source and may do so.
 */
export function startEraser(
  config: SharedConfig,
  logger: Logger,
  changedTimes: Partial<EraserTimes> = {},
): Promise<Service> {
  const times = { ...TIMES, ...changedTimes }
  const stack = new AsyncDisposableStack()
  return startProcess({ user: 'eraser', name: () => 'eraser', config, logger }, stack, async (parts) => {
    const { connection, jsm, health } = parts
    const { dataDir } = config
    for (const stream of TRACED_STREAMS) await requireStream(jsm, stream)
    const letters = stack.use(new Outbox({ ...parts, process: 'ingest', dataDir, logger }))
    letters.start()
    const publishing = { dataDir, onBlocked: blockedReporter(health, blockedLogger(logger)) }
    const stop = new AbortController()
    const running = new Eraser({ connection, jsm, dataDir, logger, times, publishing, signal: stop.signal }).run()
    stack.defer(async () => {
      stop.abort()
      // Work that still waits for a read model or for a retry is left to the next eraser.
      await Promise.race([running, pause(STOP_GRACE_MS, undefined, { ref: false })])
    })
    logger.info('eraser started')
  })
}

interface EraserOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** The folder with the files of the read models. */
  readonly dataDir: string
  readonly logger: Logger
  readonly times: EraserTimes
  readonly publishing: PublisherOptions
  readonly signal: AbortSignal
}

class Eraser {
  readonly #options: EraserOptions
  /** The read models that the log was last told to be behind. */
  #toldBehind = ''

  constructor(options: EraserOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { signal, logger, times } = this.#options
    while (!signal.aborted) {
      try {
        const isWork = (await this.#openConsumer()).waiting > 0
        await this.#pause(isWork ? times.gatherMs : times.pollMs)
        if (isWork && !signal.aborted) await this.#pause(await this.#work())
      } catch (error) {
        if (signal.aborted) return
        logger.error({ err: error }, 'could not erase posts; will retry')
        await this.#pause(times.retryMs)
      }
    }
  }

  /** Creates the consumer if it does not exist. @returns it, with how many events are not acknowledged */
  async #openConsumer() {
    const { jsm, connection } = this.#options
    const info = await jsm.consumers.add(POSTS, {
      durable_name: CONSUMER,
      filter_subject: subjectPattern('PostErased'),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_POSTS,
    })
    const waiting = info.num_pending + info.num_ack_pending
    return { consumer: jetstream(connection).consumers.getConsumerFromInfo(info), waiting }
  }

  /** Erases the posts of the waiting events. @returns how long to rest, in milliseconds */
  async #work(): Promise<number> {
    const startMs = performance.now()
    const { consumer, waiting } = await this.#openConsumer()
    const fetched = await consumer.fetch({ max_messages: Math.min(waiting, MAX_POSTS), expires: FETCH_EXPIRES_MS })
    const messages = await Array.fromAsync(fetched)
    const requests = messages.flatMap((message) => toRequest(message) ?? [])
    const toErase = new Set(requests.map(({ message }) => message))
    for (const message of messages) if (!toErase.has(message)) message.ack()
    if (requests.length === 0) return 0
    const round: Round = { failures: 0, idleMs: 0 }
    await this.#carryOut(requests, round)
    return Math.min(MAX_REST_MS, (performance.now() - startMs - round.idleMs) * this.#options.times.restFactor)
  }

  /**
   * Erases the posts of these requests, and acknowledges those that are done. After a failure it tries each half by itself, so
   * that the others do not wait for one that cannot be carried out.
   */
  async #carryOut(requests: readonly Request[], round: Round): Promise<void> {
    const { signal, logger, times } = this.#options
    try {
      const isDone = await this.#erase(requests, round)
      for (const { message } of requests) {
        if (isDone) message.ack()
        else message.nak(times.retryMs)
      }
    } catch (error) {
      if (signal.aborted || ++round.failures > MAX_FAILURES) throw error
      if (requests.length === 1) {
        const [{ event, message }] = requests as [Request]
        logger.error({ err: error, post: event.post_id }, 'could not erase a post; will retry')
        return message.nak(times.retryMs)
      }
      const middle = requests.length >> 1
      await this.#carryOut(requests.slice(0, middle), round)
      await this.#carryOut(requests.slice(middle), round)
    }
  }

  /** @returns whether the read models in DATA_DIR have applied the erasures */
  async #erase(requests: readonly Request[], round: Round): Promise<boolean> {
    const { connection, dataDir, logger, publishing, times } = this.#options
    const posts = requests.map(({ event: { post_id: id, subreddit, created_utc: createdUtc } }) => {
      return { id, subreddit, createdUtc }
    })
    await deleteWaitingInput(dataDir, new Set(posts.map(({ id }) => id)))
    let behind: ReadModelOutcome[] = []
    const report = await erasePosts({
      connection,
      posts,
      reason: 'erased as recorded',
      publishing,
      untilApplied: async (erasures) => {
        await awaitScorerLetters(dataDir, erasures)
        behind = readModelsBehind(await awaitReadModels(dataDir, erasures, IS_APPLIED, times), IS_APPLIED)
      },
    })
    round.idleMs += report.timings.readModelsMs
    const nowMs = Date.now()
    const figures = {
      posts: report.posts.length,
      messages: report.posts.reduce((sum, post) => sum + post.posts.length + post.scores.length, 0),
      sinceRecordedS: toSpread(requests.map(({ recordedAtMs }) => (nowMs - recordedAtMs) / 1_000)),
      ageS: toSpread(requests.map(({ event }) => nowMs / 1_000 - event.created_utc)),
      ...report.timings,
    }
    logger.info(figures, 'erased posts from the log')
    this.#tell(behind)
    return behind.length === 0
  }

  /** Logs which read models the erasures wait for, once until they change. */
  #tell(behind: readonly ReadModelOutcome[]): void {
    const readModels = Object.fromEntries(behind.map(({ name, state }) => [name, state]))
    const text = JSON.stringify(readModels)
    if (behind.length > 0 && text !== this.#toldBehind) {
      this.#options.logger.warn({ readModels }, 'read models have not applied erasures yet; will check again')
    }
    this.#toldBehind = text
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#options.signal }).catch(() => {})
  }
}

interface Round {
  failures: number
  /** How long it waited for read models, in milliseconds. */
  idleMs: number
}

/** A recorded erasure that is still to be carried out. */
interface Request {
  readonly message: JsMsg
  readonly event: PostErased
  /** Milliseconds since the epoch. */
  readonly recordedAtMs: number
}

/** Undefined when the event names messages, because the process that recorded it deletes them. */
function toRequest(message: JsMsg): Request | undefined {
  const { data, subject, info } = message
  const recordedAtMs = info.timestampNanos / 1e6
  const event = decodeValidEvent(data, subject, recordedAtMs)
  return event?.type === 'PostErased' && event.post_sequences === undefined
    ? { message, event, recordedAtMs }
    : undefined
}

function toSpread(seconds: readonly number[]): { readonly median: number; readonly most: number } {
  const sorted = seconds.map((value) => Math.round(value)).sort((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)]!, most: sorted.at(-1)! }
}
