import { toIsoTime } from '../../../schema/hours.ts'
import { MAX_INFO_IDS, type ListingClient, type Submission } from '../listing/listing-page.ts'
import type { SourceContext } from '../live/source.ts'
import { idsFrom, toId } from './id-space.ts'
import { readPostsById } from './info.ts'
import { GIVE_UP_MS } from './pending-ids.ts'
import type { PostTaker } from './post-taker.ts'
import type { Backlog, SweepPosition } from './sweep-position.ts'

/** Two weeks of Reddit, caught up in about two days. What is older is a dump's work. */
const MAX_BACKLOG_IDS = 20_000_000

export interface SweepBacklogOptions {
  readonly client: ListingClient
  readonly context: SourceContext
  readonly position: SweepPosition
  readonly taker: PostTaker
  /** How many ids are caught up after a stop, at most. */
  readonly maxIds?: number | undefined
}

/** What lies far behind, to be caught up beside the present. */
export class SweepBacklog {
  readonly #options: SweepBacklogOptions
  readonly #maxIds: number
  #isOld = true

  constructor(options: SweepBacklogOptions) {
    this.#options = options
    this.#maxIds = options.maxIds ?? MAX_BACKLOG_IDS
  }

  get isEmpty(): boolean {
    return this.#options.position.backlog.length === 0
  }

  /** Puts the ids aside that lie between the walk and its new front. @throws UnavailableError, and the signal's reason */
  async putAside(next: number, front: number): Promise<void> {
    const { client, position } = this.#options
    const oldest = Math.max(next, front - this.#maxIds)
    const [fromUtc, untilUtc] = [position.frontUtc ?? position.utc, Math.floor(client.serverMs / 1_000)]
    const range: Backlog = { from: next, until: front, fromUtc, untilUtc }
    if (oldest > next) await this.#giveUp(range, oldest)
    const last = position.backlog.at(-1)
    // Where ids are sparse, that happens every few seconds.
    const joins = last !== undefined && last.until === range.from && range.until - last.from <= this.#maxIds
    if (joins) Object.assign(last, { until: range.until, untilUtc })
    else position.backlog.push(range)
    position.hours.touch(range.fromUtc, untilUtc)
    position.next = front
    position.utc = untilUtc
    position.frontUtc = undefined
  }

  /** Takes out of a range what lies below `oldest`: more than can be caught up. */
  async #giveUp(range: Backlog, oldest: number): Promise<void> {
    const { client, context, position } = this.#options
    const { from, fromUtc } = range
    const found = await readPostsById(client, idsFrom(oldest, MAX_INFO_IDS), context.signal)
    const [first] = [...found.values()].flatMap(({ createdUtc }) => createdUtc ?? [])
    const share = (oldest - from) / (range.until - from)
    const oldestUtc = Math.floor(first ?? fromUtc + share * (range.untilUtc - fromUtc))
    const ids = `${toId(from)} to ${toId(oldest - 1)}`
    const reason = 'more ids than are caught up; import a dump of that time'
    await context.recordGap({ of: `ids ${ids}`, from: toIsoTime(fromUtc), until: toIsoTime(oldestUtc), reason })
    position.hours.addLost({ from, until: oldest, fromUtc, untilUtc: oldestUtc })
    range.from = oldest
    range.fromUtc = oldestUtc
  }

  /**
   * Reads the oldest hundred ids of the backlog.
   * @param unlisted no listing shows them any more
   * @throws UnavailableError, what storing throws, and the signal's reason
   */
  async catchUp(unlisted: boolean): Promise<void> {
    const { client, context, position, taker } = this.#options
    const range = position.backlog[0]!
    const ids = idsFrom(range.from, Math.min(MAX_INFO_IDS, range.until - range.from))
    const found = await readPostsById(client, ids, context.signal)
    // A hole without any post is taken to be as old as what came before it.
    this.#isOld = isOld(found, client.serverMs) ?? this.#isOld
    const reachedUtc = (await taker.take(ids, found, { old: this.#isOld, nearUtc: range.fromUtc, unlisted })) ?? 0
    position.hours.touch(range.fromUtc, Math.max(reachedUtc, range.fromUtc))
    range.from += ids.length
    range.fromUtc = Math.min(range.untilUtc, Math.max(range.fromUtc, reachedUtc))
    if (range.from < range.until) return
    position.backlog.shift()
    context.logger.info('what was missed is caught up')
  }
}

/** Whether these posts are older than an id may take to appear; undefined where there are none. */
function isOld(found: ReadonlyMap<number, Submission>, nowMs: number): boolean | undefined {
  const times = [...found.values()].flatMap(({ createdUtc }) => createdUtc ?? [])
  return times.length === 0 ? undefined : Math.max(...times) * 1_000 < nowMs - GIVE_UP_MS
}
