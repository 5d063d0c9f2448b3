import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { DEAD } from '../../schema/subjects.ts'
import { TRACED_STREAMS, type PostTrace, type TracedStream } from './post-trace.ts'
import { readMentions } from './read-mentions.ts'
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
  /** By post id. */
  readonly traces: ReadonlyMap<string, PostTrace>
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined
}

/** An event may be created up to a day ahead of the clock of the log, and so be stored a day before. */
const MAX_AHEAD_SECONDS = 86_400

/** Looks for messages of some posts in the whole log, and then again and again in what came in since. */
export class LogSearch {
  messagesRead = 0
  readonly #options: SearchOptions
  readonly #wanted: ReadonlySet<string>
  readonly #positions = new Map<TracedStream, ScanStart>()
  readonly #created = new Map<TracedStream, string>()

  constructor(options: SearchOptions) {
    this.#options = options
    this.#wanted = new Set(options.traces.keys())
    const start = toStart([...options.traces.values()])
    for (const stream of TRACED_STREAMS) this.#positions.set(stream, stream === DEAD ? { after: 0 } : start)
  }

  /** Reads what was not read yet. @throws OperationalError when it cannot, or a stream was made anew meanwhile */
  async next(): Promise<void> {
    for (const stream of TRACED_STREAMS) await this.#scan(stream)
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
    const { subject, data, seq: sequence } = message
    const storedAtMs = message.info.timestampNanos / 1e6
    for (const { id, erasure, json } of readMentions({ stream, subject, data, storedAtMs }, this.#wanted)) {
      const trace = this.#options.traces.get(id)!
      if (json !== undefined) noteOrigin(trace, json)
      if (erasure !== undefined) trace.noteErasure(erasure, sequence)
      else if (!trace.deleted[stream].has(sequence)) trace.found[stream].add(sequence)
    }
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

/** Where it belongs, by the first message that says so in a way that an event may say it. */
function noteOrigin(trace: PostTrace, { subreddit, created_utc: createdUtc }: Readonly<Record<string, unknown>>): void {
  if (isKnown(trace) || typeof subreddit !== 'string' || typeof createdUtc !== 'number') return
  if (isKnown({ id: trace.id, subreddit, createdUtc })) Object.assign(trace, { subreddit, createdUtc })
}
