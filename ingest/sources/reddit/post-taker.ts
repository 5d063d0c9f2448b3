import { hourOf } from '../../../schema/hours.ts'
import { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import type { PostSink } from '../live/post-sink.ts'
import type { IdHours, IdState } from './id-hours.ts'
import type { PendingIds } from './pending-ids.ts'

/** The API says who removed a post; these are final, the others may be taken back. */
const DELETED = new Set(['deleted', 'author', 'copyright_takedown', 'content_takedown'])
const KNOWN_IDS = 5_000

export interface PostTakerOptions {
  readonly client: ListingClient
  readonly sink: PostSink
  readonly pending: PendingIds
  readonly hours: IdHours
  /** Milliseconds since the epoch, about; never jumps. */
  readonly nowMs: () => number
}

/** What is known beside the answer. */
interface Circumstances {
  /** The ids are so old that what is not there will not come. */
  readonly old: boolean
  /** Time of the last post before them, seconds since the epoch; undefined where none is known. */
  readonly nearUtc: number | undefined
}

/** Stores the posts that ids led to and keeps account of the ids that led to none. */
export class PostTaker {
  /** Posts that were deleted before they were first seen. */
  erased = 0
  readonly #options: PostTakerOptions
  /** Those that more than one way leads to. */
  readonly #known = new KnownIds(KNOWN_IDS)

  constructor(options: PostTakerOptions) {
    this.#options = options
  }

  /**
   * Stores what was found and counts every id in its hour; one without a post in that of the post before it.
   * @param ids in ascending order
   * @returns the time of the last post, which is `nearUtc` of the ids that follow
   */
  async take(
    ids: readonly number[],
    found: ReadonlyMap<number, Submission>,
    { old, nearUtc }: Circumstances,
  ): Promise<number | undefined> {
    await this.store(found)
    let utc = nearUtc ?? ids.map((id) => timeOf(found.get(id))).find((time) => time !== undefined)
    for (const id of ids) {
      const post = found.get(id)
      utc = timeOf(post) ?? utc
      this.#account(id, post, utc, old)
    }
    return utc
  }

  async store(posts: ReadonlyMap<number, Submission>): Promise<void> {
    const readable = [...posts.values()].filter(({ id, data }) => !isRemoved(data) && !this.#known.has(id))
    await this.#options.sink.store(
      readable.map(({ data }) => data),
      this.#options.client.serverMs,
    )
    for (const { id } of readable) this.#known.add(id)
  }

  #account(id: number, post: Submission | undefined, utc: number | undefined, old: boolean): void {
    const { pending, hours } = this.#options
    const before = pending.counted(id)
    const state: IdState = post === undefined ? 'unknown' : isRemoved(post.data) ? 'erased' : 'seen'
    const ownUtc = timeOf(post)
    const hour = ownUtc === undefined ? (before?.hour ?? hourOf(utc ?? 0)) : hourOf(ownUtc)
    if (ownUtc !== undefined) hours.begin(ownUtc)
    if (before !== undefined) hours.add(before.hour, before.state, -1)
    hours.add(hour, state, 1)
    if (post !== undefined && isFinal(post.data)) {
      pending.found(id)
      if (state === 'erased') this.erased++
    } else if (before !== undefined) pending.missedAgain(id, { hour, state })
    else if (old) pending.givenUp++
    else pending.add(id, { hour, state }, this.#options.nowMs())
  }
}

/** In whole seconds since the epoch. */
const timeOf = (post: Submission | undefined): number | undefined =>
  post?.createdUtc === undefined ? undefined : Math.floor(post.createdUtc)

const removedBy = (data: Submission['data']): unknown => data['removed_by_category'] ?? undefined

const isRemoved = (data: Submission['data']): boolean => removedBy(data) !== undefined

/** A post that a moderator or a filter removed may be approved later. */
const isFinal = (data: Submission['data']): boolean => !isRemoved(data) || DELETED.has(String(removedBy(data)))
