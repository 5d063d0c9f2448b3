import { toIsoTime } from '../../../schema/hours.ts'
import { MAX_INFO_IDS, type ListingClient, type Submission } from '../listing/listing-page.ts'
import type { SourceContext } from '../live/source.ts'
import { idsFrom, toId } from './id-space.ts'
import { readPostsById } from './info.ts'
import { GIVE_UP_MS } from './pending-ids.ts'
import type { PostTaker } from './post-taker.ts'
import type { Backlog, SweepPosition } from './sweep-position.ts'

/** About two weeks of Reddit, which take about two days to catch up. Older posts have to be imported from a dump. */
const MAX_BACKLOG_IDS = 20_000_000

export interface SweepBacklogOptions {
  readonly client: ListingClient
  readonly context: SourceContext
  readonly position: SweepPosition
  readonly taker: PostTaker
  /** How many ids are caught up after a stop at most. */
  readonly maxIds?: number | undefined
}

/** The ids that were given out while the source was stopped. They are read while the sweep goes on with new ids. */
export class SweepBacklog {
  readonly #options: SweepBacklogOptions
  readonly #maxIds: number
  /** Whether the last posts that were read from the backlog are so old that missing posts of their time will not appear any more. */
  #isOld = true

  constructor(options: SweepBacklogOptions) {
    this.#options = options
    this.#maxIds = options.maxIds ?? MAX_BACKLOG_IDS
  }

  get isEmpty(): boolean {
    return this.#options.position.backlog.length === 0
  }

  /**
   * Moves the sweep ahead to `front` and adds the ids from `next` to there to the backlog.
   * @throws UnavailableError, and the signal's reason
   */
  async putAside(next: number, front: number): Promise<void> {
    const { client, position } = this.#options
    const oldest = Math.max(next, front - this.#maxIds)
    const [fromUtc, untilUtc] = [position.frontUtc ?? position.utc, Math.floor(client.serverMs / 1_000)]
    const range: Backlog = { from: next, until: front, fromUtc, untilUtc }
    if (oldest > next) await this.#giveUp(range, oldest)
    const last = position.backlog.at(-1)
    // Where ids are sparse, ranges are added every few seconds. They are joined, so that the backlog stays short.
    const joins = last !== undefined && last.until === range.from && range.until - last.from <= this.#maxIds
    if (joins) Object.assign(last, { until: range.until, untilUtc })
    else position.backlog.push(range)
    position.hours.touch(range.fromUtc, untilUtc)
    position.next = front
    position.utc = untilUtc
    position.frontUtc = undefined
  }

  /** Takes the ids below `oldest` out of a range, because they are more than can be caught up, and records a coverage gap. */
  async #giveUp(range: Backlog, oldest: number): Promise<void> {
    const { client, context, position } = this.#options
    const { from, fromUtc } = range
    const found = await readPostsById(client, idsFrom(oldest, MAX_INFO_IDS), context.signal)
    const [first] = [...found.values()].flatMap(({ createdUtc }) => createdUtc ?? [])
    const share = (oldest - from) / (range.until - from)
    const oldestUtc = Math.floor(first ?? fromUtc + share * (range.untilUtc - fromUtc))
    const ids = `${toId(from)} to ${toId(oldest - 1)}`
    const reason = 'too many ids to catch up; import a dump of that time'
    await context.recordGap({ of: `ids ${ids}`, from: toIsoTime(fromUtc), until: toIsoTime(oldestUtc), reason })
    position.hours.addLost({ from, until: oldest, fromUtc, untilUtc: oldestUtc })
    range.from = oldest
    range.fromUtc = oldestUtc
  }

  /**
   * Reads the oldest hundred ids of the backlog.
   * @param unlisted whether no listing shows their posts any more
   * @throws UnavailableError, what storing throws, and the signal's reason
   */
  async catchUp(unlisted: boolean): Promise<void> {
    const { client, context, position, taker } = this.#options
    const range = position.backlog[0]!
    const ids = idsFrom(range.from, Math.min(MAX_INFO_IDS, range.until - range.from))
    const found = await readPostsById(client, ids, context.signal)
    // Ids without any post are taken to be as old as the posts before them.
    this.#isOld = isOld(found, client.serverMs) ?? this.#isOld
    const reachedUtc = (await taker.take(ids, found, { old: this.#isOld, nearUtc: range.fromUtc, unlisted })) ?? 0
    position.hours.touch(range.fromUtc, Math.max(reachedUtc, range.fromUtc))
    range.from += ids.length
    range.fromUtc = Math.min(range.untilUtc, Math.max(range.fromUtc, reachedUtc))
    if (range.from < range.until) return
    position.backlog.shift()
    context.logger.info('caught up with the posts of the last stop')
  }
}

/** Whether these posts are so old that missing ones of their time will not appear any more; undefined when there are no posts. */
function isOld(found: ReadonlyMap<number, Submission>, nowMs: number): boolean | undefined {
  const times = [...found.values()].flatMap(({ createdUtc }) => createdUtc ?? [])
  return times.length === 0 ? undefined : Math.max(...times) * 1_000 < nowMs - GIVE_UP_MS
}
