import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { DEAD } from '../../schema/streams.ts'
import { PostTrace, TRACED_STREAMS, type TracedStream } from './post-trace.ts'
import { presumeOrigin, readOrigin } from './presume-origin.ts'
import { readMentions, type Mention } from './read-mentions.ts'
import { isKnown } from './record-erasures.ts'
import { scanStream, type ScanStart } from './scan-stream.ts'

export interface SearchProgress {
  readonly stream: string
  /** Messages of this stream read so far, and those to read in all. */
  readonly read: number
  readonly total: number
}

export interface SearchOptions {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** By post id. Gets further ones: posts of which a message carries the text of these. */
  readonly traces: Map<string, PostTrace>
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined
}

/** An event may be created up to a day ahead of the clock of the log, and so be stored a day before. */
const MAX_AHEAD_SECONDS = 86_400
/** Of a dead letter: where its event was published. */
const REJECTED_SUBJECT = 'Gravitas-Subject'

/** Looks for messages of some posts in the whole log, and then again and again in what came in since. */
export class LogSearch {
  messagesRead = 0
  readonly #options: SearchOptions
  readonly #positions = new Map<TracedStream, ScanStart>()
  readonly #created = new Map<TracedStream, string>()
  /** Messages of a post that was added lie before the one that brought it. */
  #isIncomplete = false

  constructor(options: SearchOptions) {
    this.#options = options
    const start = toStart([...options.traces.values()])
    for (const stream of TRACED_STREAMS) this.#positions.set(stream, stream === DEAD ? { after: 0 } : start)
  }

  /** Reads what was not read yet. @throws OperationalError when it cannot, or a stream was made anew meanwhile */
  async next(): Promise<void> {
    do {
      this.#isIncomplete = false
      for (const stream of TRACED_STREAMS) await this.#scan(stream)
      if (this.#isIncomplete) for (const stream of TRACED_STREAMS) this.#positions.set(stream, { after: 0 })
    } while (this.#isIncomplete)
    for (const trace of this.#options.traces.values()) {
      if (trace.isLeft && !isKnown(trace)) Object.assign(trace, trace.presumed)
    }
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

  /** Sequences of another stream would be those of other messages. @throws OperationalError when it was made anew */
  async requireSameStream(stream: TracedStream): Promise<void> {
    const { created } = await this.#options.jsm.streams.info(stream)
    const before = this.#created.get(stream) ?? created
    this.#created.set(stream, before)
    if (created !== before) throw new OperationalError(`${stream} was made anew meanwhile. Run the same again.`)
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

  /** Read models count it, and without its message a rebuild would not: it has to be erased as a whole. */
  #addCarrier(id: string, carries: string): void {
    if (this.#options.traces.has(id)) return
    this.#options.traces.set(id, new PostTrace(id, { carries }))
    this.#isIncomplete = true
  }
}

/** From the day before the oldest post on, where the time of each is known. */
function toStart(traces: readonly PostTrace[]): ScanStart {
  const times = traces.map(({ createdUtc }) => createdUtc ?? 0)
  const oldest = times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)
  return oldest <= MAX_AHEAD_SECONDS || traces.length === 0
    ? { after: 0 }
    : { since: new Date((oldest - MAX_AHEAD_SECONDS) * 1_000) }
}
