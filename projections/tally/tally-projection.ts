import type { GravitasEvent } from '../../schema/events.ts'
import { toPostKey } from '../../schema/post-id.ts'
import { readModel, type ReadModelName } from '../../schema/read-models.ts'
import { toFixedSeriousness } from '../../schema/seriousness.ts'
import { toErasure } from '../erased-posts.ts'
import type { Projection } from '../projection.ts'
import { tallyTables, toShape } from './tables.ts'
import { TallyWriter, type TallyChange } from './tally-writer.ts'

export interface TallyOptions {
  readonly name: ReadModelName
  /** Divides time into buckets; without it there is one sum for all time. */
  readonly bucket?: {
    /** The column of the bucket's start. */
    readonly column: string
    /** The start of the bucket that a time belongs to; both in seconds since the epoch. */
    readonly of: (createdUtc: number) => number
  }
  /** Adds the mean as a column, and indexes that list subreddits by number of posts and by mean. */
  readonly isRanked?: boolean
}

/**
 * A read model that adds up scores by subreddit, scoring model and bucket of the post's creation time. Each score of a
 * post counts once, in whatever order and however often it comes, and an erasure subtracts exactly what was added. If
 * copies of a post with other content were scored, the score of the copy that comes first in POSTS counts.
 */
export function tallyProjection({ name, bucket, isRanked = false }: TallyOptions): Projection<TallyChange> {
  const shape = toShape(name, { column: bucket?.column, isRanked })
  const bucketOf = bucket?.of ?? (() => 0)
  return {
    ...readModel(name),
    tables: tallyTables(shape),
    evolve: (event) => toTallyChange(event, bucketOf),
    createWriter: (database) => new TallyWriter(database, shape),
  }
}

function toTallyChange(event: GravitasEvent, bucketOf: (createdUtc: number) => number): TallyChange | undefined {
  if (event.type === 'PostErased') return toErasure(event)
  if (event.type !== 'PostScored') return undefined
  return {
    kind: 'count',
    key: toPostKey(event.post_id),
    model: event.model,
    subreddit: event.subreddit,
    bucket: bucketOf(event.created_utc),
    seriousness: toFixedSeriousness(event.seriousness),
    postSequence: event.post_sequence ?? null,
  }
}
