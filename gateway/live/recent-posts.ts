import type { PostRow } from '../../projections/posts/queries.ts'
import { comparePlaces, type Place } from './periods.ts'

/** An event of `postScored`, shared by all its subscribers. */
export interface ScoredPost extends Place {
  readonly cursor: string
  /** In lower case. */
  readonly subreddit: string
  readonly post: PostRow
}

const MAX_EVENTS = 5_000

/**
 * The newest scored posts, for all subscribers that keep up. They are kept for a second or two only, because a post that
 * is erased meanwhile must not be sent from here.
 */
export class RecentPosts {
  #events: ScoredPost[] = []
  /** All events after this place are kept. */
  #from: Place = { promotion: 0, sequence: 0 }
  /** The number of events that were kept at the last call of `age`. */
  #aged = 0

  clear(from: Place): void {
    this.#events = []
    this.#from = from
    this.#aged = 0
  }

  push(events: readonly ScoredPost[]): void {
    this.#events.push(...events)
    this.#forget(this.#events.length - MAX_EVENTS)
  }

  /** Drops the events that were already kept at the last call. */
  age(): void {
    this.#forget(this.#aged)
    this.#aged = this.#events.length
  }

  /**
   * The events after a place, in order, at most `limit`; undefined when some of them are no longer kept.
   * @param subreddit in lower case
   */
  after(place: Place, subreddit: string | undefined, limit: number): readonly ScoredPost[] | undefined {
    if (comparePlaces(place, this.#from) < 0) return undefined
    const first = firstAfter(this.#events, place)
    if (subreddit === undefined) return this.#events.slice(first, first + limit)
    const found: ScoredPost[] = []
    for (let index = first; index < this.#events.length && found.length < limit; index++)
      if (this.#events[index]!.subreddit === subreddit) found.push(this.#events[index]!)
    return found
  }

  #forget(count: number): void {
    if (count <= 0) return
    const { promotion, sequence } = this.#events.splice(0, count).at(-1)!
    this.#from = { promotion, sequence }
    this.#aged = Math.max(0, this.#aged - count)
  }
}

/** The index of the first event after a place, by bisection. */
function firstAfter(events: readonly ScoredPost[], place: Place): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePlaces(events[middle]!, place) > 0) high = middle
    else low = middle + 1
  }
  return low
}
