/** A piece of an event stream: the answers to a batch of events, one frame for each. */
export interface Frames {
  readonly bytes: Buffer
  readonly count: number
}

/** Answers events for all subscribers that select the same fields: each event is answered once. */
export class SharedAnswers {
  readonly #answer: (event: object) => string | Promise<string>
  readonly #frames = new WeakMap<object, string | Promise<string>>()
  /** Subscribers that keep up take the same batches one after the other, so the bytes of a batch are made once. */
  #lastBatch: readonly object[] = []
  #last: Frames | Promise<Frames> = { bytes: Buffer.alloc(0), count: 0 }

  /** @param answer executes one event and returns its frame */
  constructor(answer: (event: object) => string | Promise<string>) {
    this.#answer = answer
  }

  of(batch: readonly object[]): Frames | Promise<Frames> {
    if (!isSame(batch, this.#lastBatch)) {
      this.#lastBatch = batch
      this.#last = this.#toFrames(batch)
    }
    return this.#last
  }

  #toFrames(batch: readonly object[]): Frames | Promise<Frames> {
    const frames = batch.map((event) => this.#frameOf(event))
    const join = (texts: readonly string[]): Frames => ({ bytes: Buffer.from(texts.join('')), count: texts.length })
    if (frames.every((frame) => typeof frame === 'string')) return join(frames)
    return Promise.all(frames.map((frame) => Promise.resolve(frame))).then(join)
  }

  #frameOf(event: object): string | Promise<string> {
    let frame = this.#frames.get(event)
    if (frame === undefined) this.#frames.set(event, (frame = this.#answer(event)))
    return frame
  }
}

const isSame = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((event, index) => event === b[index])
