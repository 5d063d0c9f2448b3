/**
 * The batches of events for one subscriber. `take` is called only when the subscriber has room, so that a slow
 * subscriber needs memory only for its place in the log.
 */
export class Feed<T> implements AsyncIterableIterator<readonly T[]> {
  readonly #take: () => readonly T[]
  readonly #onEnd: () => void
  #waiting: PromiseWithResolvers<IteratorResult<readonly T[], undefined>> | undefined
  #ended = false

  /**
   * @param take returns the new events since the last call, in order; if it throws, the feed ends with that error
   * @param onEnd called once, however the feed ends
   */
  constructor(take: () => readonly T[], onEnd: () => void) {
    this.#take = take
    this.#onEnd = onEnd
  }

  /** Call it when there may be something to take. */
  wake(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    try {
      const batch = this.#take()
      if (batch.length === 0) return
      this.#waiting = undefined
      waiting.resolve({ done: false, value: batch })
    } catch (error) {
      this.#waiting = undefined
      this.end()
      waiting.reject(error)
    }
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = undefined
    this.#onEnd()
  }

  next(): Promise<IteratorResult<readonly T[], undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    const waiting = Promise.withResolvers<IteratorResult<readonly T[], undefined>>()
    this.#waiting = waiting
    this.wake()
    return waiting.promise
  }

  return(): Promise<IteratorResult<readonly T[], undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end()
    return Promise.resolve()
  }
}

/** The open feeds of one kind. */
export class Feeds<T> {
  readonly #open = new Set<Feed<T>>()
  #isEnded = false

  get size(): number {
    return this.#open.size
  }

  open(take: () => readonly T[], onEnd: () => void = () => {}): Feed<T> {
    const feed = new Feed<T>(take, () => {
      this.#open.delete(feed)
      onEnd()
    })
    this.#open.add(feed)
    if (this.#isEnded) feed.end()
    return feed
  }

  wake(): void {
    for (const feed of this.#open) feed.wake()
  }

  /** Ends all feeds, also those that are opened later. */
  end(): void {
    this.#isEnded = true
    for (const feed of this.#open) feed.end()
  }
}
