import { KnownIds } from '../listing/known-ids.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import type { PostSink } from '../live/post-sink.ts'
import type { PendingIds } from './pending-ids.ts'

/** The API says who removed a post; these are final, the others may be taken back. */
const DELETED = new Set(['deleted', 'author', 'copyright_takedown', 'content_takedown'])
const KNOWN_IDS = 5_000

export interface PostTakerOptions {
  readonly client: ListingClient
  readonly sink: PostSink
  readonly pending: PendingIds
  /** Milliseconds since the epoch, about; never jumps. */
  readonly nowMs: () => number
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

  /** Stores what was found. @param old the ids are so old that what is not there will not come */
  async take(ids: readonly number[], found: ReadonlyMap<number, Submission>, old: boolean): Promise<void> {
    await this.store(found)
    const { pending } = this.#options
    for (const id of ids) {
      const post = found.get(id)
      if (post === undefined || !isFinal(post.data)) this.#missed(id, old)
      else {
        pending.found(id)
        if (isRemoved(post.data)) this.erased++
      }
    }
  }

  async store(posts: ReadonlyMap<number, Submission>): Promise<void> {
    const readable = [...posts.values()].filter(({ id, data }) => !isRemoved(data) && !this.#known.has(id))
    await this.#options.sink.store(
      readable.map(({ data }) => data),
      this.#options.client.serverMs,
    )
    for (const { id } of readable) this.#known.add(id)
  }

  #missed(id: number, old: boolean): void {
    const { pending } = this.#options
    if (pending.has(id)) pending.missedAgain(id)
    else if (old) pending.givenUp++
    else pending.add(id, this.#options.nowMs())
  }
}

const removedBy = (data: Submission['data']): unknown => data['removed_by_category'] ?? undefined

const isRemoved = (data: Submission['data']): boolean => removedBy(data) !== undefined

/** A post that a moderator or a filter removed may be approved later. */
const isFinal = (data: Submission['data']): boolean => !isRemoved(data) || DELETED.has(String(removedBy(data)))
