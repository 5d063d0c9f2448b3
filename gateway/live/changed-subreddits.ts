import type { ChangeNotice } from '../../schema/read-models.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { SubredditParent } from '../read-models/subreddit-parent.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ReadSource } from '../read-models/reads.ts'
import { SeriesLoader } from '../read-models/series-loader.ts'
import type { ShownModel } from '../log/shown-model.ts'
import { Feeds, type Feed } from './feed.ts'
import { LatestChanges } from './latest-changes.ts'
import { NoticeWatch } from './notice-watch.ts'
import type { LiveSources } from './scored-posts.ts'

const COALESCE_MS = 12
/** How many subreddits one batch of a subscriber has at most. */
const PAGE = 500

type FollowedFile = ReadModels['hourly'] | ReadModels['allTime']

interface Subscriber {
  readonly names: ReadonlySet<string> | undefined
  /** The version of the last change that it has taken. */
  version: number
}

/**
 * Sends the figures of changed subreddits to all subscribers. Each changed row is read once, however many subscribers
 * there are.
 */
export class ChangedSubreddits {
  readonly #models: ReadModels
  readonly #reads: ReadSource
  readonly #shown: ShownModel
  readonly #logger: Logger
  readonly #feeds = new Feeds<SubredditParent>()
  readonly #subscribers = new Set<Subscriber>()
  readonly #changed = new Set<string>()
  /** The latest figures of each subreddit. A slow subscriber skips the figures in between. */
  readonly #changes = new LatestChanges<SubredditParent>()
  readonly #watches: Readonly<Record<string, { readonly file: FollowedFile; readonly notices: NoticeWatch }>>
  /** The figures that were sent last, by subreddit in lower case. They reveal changes whose notice was lost. */
  #told = new Map<string, { figures: string; name: string }>()
  #timer: NodeJS.Timeout | undefined

  constructor({ models, reads, shown, logger }: Pick<LiveSources, 'models' | 'reads' | 'shown' | 'logger'>) {
    this.#models = models
    this.#reads = reads
    this.#shown = shown
    this.#logger = logger
    this.#watches = {
      hourly: { file: models.hourly, notices: new NoticeWatch() },
      'all-time': { file: models.allTime, notices: new NoticeWatch() },
    }
  }

  get subscribers(): number {
    return this.#subscribers.size
  }

  /** @param names in lower case; undefined for all */
  open(names: ReadonlySet<string> | undefined): Feed<SubredditParent> {
    // Throws if the read model cannot be read.
    void this.#models.allTime.queries
    if (this.#subscribers.size === 0) this.#told = this.#readFigures()
    const subscriber = { names, version: this.#changes.version }
    this.#subscribers.add(subscriber)
    const isWanted = (name: string): boolean => names === undefined || names.has(name)
    return this.#feeds.open(
      () => {
        const { values, version } = this.#changes.after(subscriber.version, PAGE, isWanted)
        subscriber.version = version
        return values
      },
      () => this.#subscribers.delete(subscriber),
    )
  }

  onNotice({ projection, fileId, before, checkpoints, subreddits }: ChangeNotice): void {
    const watch = this.#watches[projection]
    const ownId = watch?.file.status?.fileId
    // The projector of another host announces changes of its own file.
    if (ownId !== undefined && fileId !== ownId) return
    const wasMissed = watch?.notices.noticed(checkpoints, before)
    if (this.#subscribers.size === 0) return
    if (wasMissed === true || subreddits === null) this.#markAll()
    if (subreddits !== null) this.#mark(subreddits)
  }

  /** Called once a second, and when everything may have changed (`isAll`). */
  poll(isAll = false): void {
    const missed = Object.values(this.#watches).filter(({ file, notices }) =>
      notices.missed(file.status?.checkpoints ?? []),
    )
    if (this.#subscribers.size > 0 && (isAll || missed.length > 0)) this.#markAll()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#feeds.end()
  }

  /**
   * Marks the subreddits whose figures of all time differ from those that were sent last, and all subreddits that
   * subscribers name, because comparing the hours of every subreddit would take too long.
   */
  #markAll(): void {
    for (const { names } of this.#subscribers) if (names !== undefined) this.#mark([...names])
    const told = this.#told
    const now = this.#readFigures()
    this.#mark([...now.keys()].filter((subreddit) => told.get(subreddit)?.figures !== now.get(subreddit)!.figures))
    this.#mark([...told.keys()].filter((subreddit) => !now.has(subreddit)))
  }

  #mark(subreddits: readonly string[]): void {
    for (const subreddit of subreddits) this.#changed.add(subreddit)
    // hourly and all-time apply the same score within a moment, so that one read covers both.
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS)
  }

  #flush(): void {
    this.#timer = undefined
    const names = [...this.#changed]
    this.#changed.clear()
    if (this.#subscribers.size === 0) return
    try {
      this.#tell(this.#readChanged(names))
    } catch (error) {
      this.#logger.error({ err: error }, 'cannot read changed subreddits')
    }
  }

  #readChanged(names: readonly string[]): Map<string, SubredditParent> {
    const model = this.#shown.name
    const queries = this.#models.allTime.peek
    const changed = new Map<string, SubredditParent>()
    if (model === undefined || queries === undefined) return changed
    const series = new SeriesLoader(this.#reads.begin({ isEndless: true }), model)
    for (const row of queries.many(model, names)) changed.set(row.subreddit.toLowerCase(), { row, model, series })
    for (const subreddit of names) {
      const name = this.#told.get(subreddit)?.name ?? subreddit
      // The subreddit's last post was erased.
      const none = { name, subreddit, posts: 0, sum: 0, sumOfSquares: 0, mean: 0 }
      if (!changed.has(subreddit) && this.#told.has(subreddit)) changed.set(subreddit, { row: none, model, series })
    }
    return changed
  }

  #tell(changed: ReadonlyMap<string, SubredditParent>): void {
    for (const [subreddit, { row }] of changed) this.#told.set(subreddit, { figures: figuresOf(row), name: row.name })
    this.#changes.forget(Math.min(...[...this.#subscribers].map(({ version }) => version)))
    for (const [name, parent] of changed) this.#changes.add(name, parent)
    this.#feeds.wake()
  }

  #readFigures(): Map<string, { figures: string; name: string }> {
    const rows = this.#models.allTime.peek?.sums(this.#shown.name ?? '') ?? []
    return new Map(
      rows.map((row) => [row.subreddit.toLowerCase(), { figures: figuresOf(row), name: row.subreddit }] as const),
    )
  }
}

const figuresOf = ({ posts, sum }: { posts: number; sum: number }): string => `${posts} ${sum}`
