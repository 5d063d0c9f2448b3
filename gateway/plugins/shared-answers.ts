import type { FrameCache } from './frame-cache.ts'

/** A piece of an event stream: the answers to some events, one frame for each. */
export interface Frames {
  readonly bytes: Buffer
  readonly count: number
}

/** About how many bytes one piece has. More events are answered when the subscriber has taken it. */
const PIECE_BYTES = 32 * 1_024
/** Answering the events of one piece takes about this long at most. */
const PIECE_MS = 4
/** Answers of events that take longer than this wait for a turn, so that they do not delay other subscribers. */
const COSTLY_MS = 0.25
const MOST_EVENTS = 500

/** Answers events for all subscribers that select the same fields: each event is answered once. */
export class SharedAnswers {
  readonly #answer: (event: object) => string | Promise<string>
  readonly #cache: FrameCache
  /** Subscribers that keep up take the same batch in the same moment, so the bytes of its first piece are made once. */
  #last: { readonly batch: readonly object[]; readonly piece: Frames | Promise<Frames> } | undefined
  /** The largest frame of the last piece. It tells how many events fit into the next piece. */
  #frameBytes = PIECE_BYTES
  #msPerEvent = 0

  /** @param answer executes one event and returns its frame */
  constructor(answer: (event: object) => string | Promise<string>, cache: FrameCache) {
    this.#answer = answer
    this.#cache = cache
  }

  /** Whether answering takes so long that it has to wait for its turn. */
  get isCostly(): boolean {
    return this.#msPerEvent > COSTLY_MS
  }

  /** Answers as many of the first events as fit into one piece, and at least one. */
  firstOf(batch: readonly object[]): Frames | Promise<Frames> {
    if (this.#last !== undefined && isSame(batch, this.#last.batch)) return this.#last.piece
    const piece = this.#toPiece(batch)
    this.#last = { batch, piece }
    setImmediate(() => (this.#last = undefined))
    return piece
  }

  #toPiece(batch: readonly object[]): Frames | Promise<Frames> {
    const most = Math.max(1, Math.min(MOST_EVENTS, Math.floor(PIECE_BYTES / this.#frameBytes)))
    const frames: (string | Promise<string>)[] = []
    const startMs = performance.now()
    let elapsedMs = 0
    for (const event of batch.slice(0, most)) {
      frames.push(this.#frameOf(event))
      elapsedMs = performance.now() - startMs
      if (elapsedMs > PIECE_MS) break
    }
    this.#msPerEvent = elapsedMs / frames.length
    if (frames.every((frame) => typeof frame === 'string')) return this.#join(frames)
    return Promise.all(frames.map((frame) => Promise.resolve(frame))).then((texts) => this.#join(texts))
  }

  #join(frames: readonly string[]): Frames {
    this.#frameBytes = Math.max(1, ...frames.map((frame) => frame.length))
    return { bytes: Buffer.from(frames.join('')), count: frames.length }
  }

  #frameOf(event: object): string | Promise<string> {
    const known = this.#cache.get(this, event)
    if (known !== undefined) return known
    const frame = this.#answer(event)
    this.#cache.set(this, event, frame)
    return frame
  }
}

const isSame = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((event, index) => event === b[index])
