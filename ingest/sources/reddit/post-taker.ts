import { hourOf } from '../../../schema/hours.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import type { PostSink } from '../live/post-sink.ts'
import type { IdState } from './id-hours.ts'
import { toNumber } from './id-space.ts'
import { isFinal, isRemoved } from './removal.ts'
import type { SweepPosition } from './sweep-position.ts'

export interface PostTakerOptions {
  readonly client: ListingClient
  readonly sink: PostSink
  readonly position: SweepPosition
  /** About the time in milliseconds since the epoch. It never jumps. */
  readonly nowMs: () => number
}

/** What is known about some ids besides their posts. */
interface Circumstances {
  /** Whether the ids are so old that missing posts are not waited for. */
  readonly old: boolean
  /** The time of the last post before these ids, seconds since the epoch; undefined when it is not known. */
  readonly nearUtc: number | undefined
  /** Whether no listing shows the posts any more. Then their ids need not be remembered, which leaves room for others. */
  readonly unlisted?: boolean
}

/** Stores each post that an id led to, or that a listing showed, and counts all ids, with or without a post, in their hours. */
export class PostTaker {
  /** How many posts were deleted on Reddit before they were first seen. */
  deletedBefore = 0
  readonly #options: PostTakerOptions

  constructor(options: PostTakerOptions) {
    this.#options = options
  }

  /**
   * Stores the posts that were found, and counts every id in its hour. An id without a post is counted in the hour of the post
   * before it.
   * @param ids in ascending order
   * @returns the time of the last post, which is the `nearUtc` of the ids that follow
   */
  async take(
    ids: readonly number[],
    found: ReadonlyMap<number, Submission>,
    { old, nearUtc, unlisted = false }: Circumstances,
  ): Promise<number | undefined> {
    await this.#store([...found.values()], !unlisted)
    let utc = nearUtc ?? ids.map((id) => timeOf(found.get(id))).find((time) => time !== undefined)
    for (const id of ids) {
      const post = found.get(id)
      utc = timeOf(post) ?? utc
      this.#account(id, post, utc, old)
    }
    return utc
  }

  /** Stores posts that a listing shows. Ids that the sweep has not reached yet are counted when it does. */
  async takeListed(posts: readonly Submission[]): Promise<void> {
    const { position } = this.#options
    const fresh = posts.filter(({ id }) => !position.known.has(id))
    await this.#store(fresh, true)
    for (const post of fresh) {
      const id = toNumber(post.id)
      if (position.pending.has(id)) this.#account(id, post, undefined, false)
      else if (position.isSwept(id)) position.hours.noteFound(timeOf(post))
    }
  }

  async #store(posts: readonly Submission[], remembered: boolean): Promise<void> {
    const { sink, client, position } = this.#options
    const fresh = posts.filter((post) => !isRemoved(post) && !position.known.has(post.id))
    await sink.store(
      fresh.map(({ data }) => data),
      client.serverMs,
    )
    if (remembered) for (const { id } of fresh) position.known.add(id)
  }

  #account(id: number, post: Submission | undefined, utc: number | undefined, old: boolean): void {
    const { pending, hours } = this.#options.position
    const before = pending.counted(id)
    const state: IdState = post === undefined ? 'unknown' : isRemoved(post) ? 'deleted' : 'seen'
    const ownUtc = timeOf(post)
    const hour = ownUtc === undefined ? (before?.hour ?? hourOf(utc ?? 0)) : hourOf(ownUtc)
    if (ownUtc !== undefined) hours.begin(ownUtc)
    if (before !== undefined) hours.add(before.hour, before.state, -1)
    hours.add(hour, state, 1)
    if (post !== undefined && isFinal(post)) {
      pending.found(id)
      if (state === 'deleted') this.deletedBefore++
    } else if (before !== undefined) pending.missedAgain(id, { hour, state })
    else if (old) pending.givenUp++
    else pending.add(id, { hour, state }, this.#options.nowMs())
  }
}

/** The time of a post in whole seconds since the epoch. */
const timeOf = (post: Submission | undefined): number | undefined =>
  post?.createdUtc === undefined ? undefined : Math.floor(post.createdUtc)
