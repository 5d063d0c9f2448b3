import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../schema/runtime/errors.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { PostTrace, TRACED_STREAMS, type TracedStream } from './post-trace.ts'
import { presumeOrigin, readOrigin } from './presume-origin.ts'
import { readMentions, type Mention } from './read-mentions.ts'
import { isKnown } from './record-erasures.ts'
import { scanStream, type ScanStart } from './scan-stream.ts'

export interface SearchProgress {
  readonly stream: string
  /** Messages of this stream read so far. */
  readonly read: number
  /** Messages of this stream to read in all. */
  readonly total: number
}

export interface SearchOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** The posts by their ids. The search adds posts whose messages hold the text of one of these. */
  readonly traces: Map<string, PostTrace>
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined
}

/** An event may give a time of creation up to a day after the time at which it is stored. */
const MAX_AHEAD_SECONDS = 86_400
/** Header of a dead letter: the subject under which its event was published. */
const REJECTED_SUBJECT = 'Gravitas-Subject'

/** Searches the log for messages of some posts: the first time all of it, later only what was added since. */
export class LogSearch {
  messagesRead = 0
  readonly #options: SearchOptions
  readonly #positions = new Map<TracedStream, ScanStart>()
  readonly #created = new Map<TracedStream, string>()
  /** Whether a post was added during this pass. Its earlier messages were not recognised, so another pass is needed. */
  #isIncomplete = false
  /** Whether the streams were searched from the time of the oldest post only. */
  #isPartial: boolean

  constructor(options: SearchOptions) {
    this.#options = options
    const start = toStart([...options.traces.values()])
    this.#isPartial = 'since' in start
    for (const stream of TRACED_STREAMS) this.#positions.set(stream, stream === DEAD ? { after: 0 } : start)
  }

  /** Searches the messages that were not searched yet. @throws OperationalError when a stream cannot be read or was re-created */
  async next(): Promise<void> {
    do {
      this.#isIncomplete = false
      for (const stream of TRACED_STREAMS) await this.#scan(stream)
      this.#isIncomplete ||= this.#isPartial && this.#lacksPost
      if (!this.#isIncomplete) continue
      this.#isPartial = false
      for (const stream of TRACED_STREAMS) this.#positions.set(stream, { after: 0 })
    } while (this.#isIncomplete)
    for (const trace of this.#options.traces.values()) {
      if (trace.isLeft && !isKnown(trace)) Object.assign(trace, trace.presumed)
    }
  }

  /** Whether POSTS has a PostErased but no other message of a post, because its time of creation may be given wrongly. */
  get #lacksPost(): boolean {
    const traces = [...this.#options.traces.values()]
    return traces.some((trace) => trace.erasedAt !== undefined && trace.sequences(POSTS).size === 0)
  }

  async #scan(stream: TracedStream): Promise<void> {
    const { connection, jsm, onProgress } = this.#options
    await this.requireSameStream(stream)
    const position = await scanStream({
      connection,
      jsm,
      stream,
      start: this.#positions.get(stream)!,
      onMessage: (message) => this.#take(stream, message),
      onProgress: onProgress && ((read, total) => onProgress({ stream, read, total })),
    })
    this.#positions.set(stream, { after: position })
  }

  /**
   * @throws OperationalError when the stream was re-created, because the same sequences then belong to other messages
   */
  async requireSameStream(stream: TracedStream): Promise<void> {
    const { created } = await this.#options.jsm.streams.info(stream)
    const before = this.#created.get(stream) ?? created
    this.#created.set(stream, before)
    if (created !== before) {
      throw new OperationalError(`${stream} was re-created while it was searched. Run the same command again.`)
    }
  }

  /** When a stream that was searched was created. */
  createdOf(stream: TracedStream): string {
    return this.#created.get(stream)!
  }

  #take(stream: TracedStream, message: JsMsg): void {
    this.messagesRead++
    const { subject, data, seq } = message
    const storedAtMs = message.info.timestampNanos / 1e6
    for (const mention of readMentions({ stream, subject, data, storedAtMs }, this.#options.traces)) {
      const trace = this.#options.traces.get(mention.id)!
      this.#noteOrigin(trace, mention, message)
      if (mention.erasure !== undefined) trace.noteErasure(mention.erasure, seq)
      else if (!trace.deleted[stream].has(seq)) trace.found[stream].add(seq)
      if (mention.carrier !== undefined) this.#addCarrier(mention.carrier, mention.id)
    }
  }

  #noteOrigin(trace: PostTrace, { about }: Mention, message: JsMsg): void {
    if (isKnown(trace)) return
    const origin = readOrigin(trace.id, about)
    if (origin !== undefined) return void Object.assign(trace, origin)
    const subject = message.headers?.get(REJECTED_SUBJECT) || message.subject
    const storedAtMs = message.info.timestampNanos / 1e6
    trace.presumed ??= presumeOrigin(trace.id, { subject, data: message.data, storedAtMs, about })
  }

  /**
   * Adds a post whose message holds the text of a requested post. It is erased as a whole: read models count it, but a rebuild
   * from a log without that message would not.
   */
  #addCarrier(id: string, carries: string): void {
    if (this.#options.traces.has(id)) return
    this.#options.traces.set(id, new PostTrace(id, { carries }))
    this.#isIncomplete = true
  }
}

/** Where to start: a day before the oldest post when the times of all posts are known, else at the beginning. */
function toStart(traces: readonly PostTrace[]): ScanStart {
  const times = traces.map(({ createdUtc }) => createdUtc ?? 0)
  const oldest = times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)
  return oldest <= MAX_AHEAD_SECONDS || traces.length === 0
    ? { after: 0 }
    : { since: new Date((oldest - MAX_AHEAD_SECONDS) * 1_000) }
}
