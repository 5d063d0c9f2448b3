import { toIsoTime } from '../../schema/hours.ts'
import { createLogger } from '../../schema/runtime/logger.ts'
import type { Fetch } from '../http/fetch.ts'
import type { World } from '../http/world.ts'
import type { HourReport } from '../sources/live/coverage-publisher.ts'
import type { CoverageGap } from '../sources/live/coverage-gaps.ts'
import type { DeletedPost, ErasureLog, PostLog, StoredPage, StoredPost, StoredPosts } from '../sources/live/post-log.ts'
import type { PostSink } from '../sources/live/post-sink.ts'
import type { PositionStore } from '../sources/live/position-store.ts'
import type { LiveSource, SourceContext } from '../sources/live/source.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import type { StandInReddit } from './stand-in-reddit.ts'

export const silentLogger = createLogger('test', 'silent')

/** A world whose only server is the stand-in, on the simulated clock. */
export function simulatedWorld(clock: SimulatedClock, reddit: StandInReddit, random: () => number): World {
  const fetch: Fetch = async (request, signal) => {
    await clock.sleep(20 + random() * 80, signal)
    signal.throwIfAborted()
    const answer = reddit.handle(request)
    if (answer === 'cut') throw new TypeError('fetch failed')
    await clock.sleep(answer === 'slow' ? 600_000 : 20 + random() * 80, signal)
    signal.throwIfAborted()
    if (answer === 'slow') throw new TypeError('terminated')
    return answer
  }
  return { clock, fetch, random }
}

/** Keeps what is stored. It notes the ids that were stored more than once. */
export class MemorySink implements PostSink {
  readonly stored = new Set<string>()
  readonly storedTwice: string[] = []
  /** Every stored message, repetitions included. */
  readonly log: MemoryLog
  /** The error that storing fails with; undefined: it succeeds. */
  failing: Error | undefined
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now
    this.log = new MemoryLog(now)
  }

  async store(submissions: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    if (this.failing !== undefined && submissions.length > 0) throw this.failing
    for (const submission of submissions) {
      const id = String(submission['id'])
      if (this.stored.has(id)) this.storedTwice.push(id)
      this.stored.add(id)
      this.log.append(submission, this.#now() / 1_000)
    }
  }
}

const PAGE = 256

/** The stream POSTS in memory. A post whose erasure is recorded stays readable until the erasure is carried out. */
class MemoryLog implements StoredPosts, ErasureLog {
  /** Why each post was erased, by its id. */
  readonly erased = new Map<string, string>()
  /** The ids whose erasure was recorded more than once. */
  readonly erasedTwice: string[] = []
  /** How long after its recording an erasure is carried out, milliseconds. */
  carriedOutAfterMs = 3_600_000
  /** Called for every erasure. */
  onErase: (posts: readonly DeletedPost[]) => void = () => {}
  /** The error that recording an erasure fails with; undefined: it succeeds. */
  failing: Error | undefined
  #messages: StoredPost[] = []
  #last = 0
  /** Recorded erasures that are to be carried out, the oldest first. */
  readonly #waiting: { readonly ids: ReadonlySet<string>; readonly atMs: number }[] = []
  readonly #erasures: { readonly id: string; readonly sequence: number }[] = []
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now
  }

  append({ id, subreddit, created_utc: createdUtc }: Readonly<Record<string, unknown>>, storedUtc: number): void {
    const post = { id: String(id), subreddit: String(subreddit), createdUtc: Number(createdUtc), storedUtc }
    this.#messages.push({ sequence: ++this.#last, ...post })
  }

  async before(utc: number): Promise<number> {
    return (this.#messages.find(({ storedUtc }) => storedUtc >= utc)?.sequence ?? this.#last + 1) - 1
  }

  async read(after: number): Promise<StoredPage> {
    this.#carryOut()
    const first = this.#firstAfter(after)
    const posts = this.#messages.slice(first, first + PAGE)
    return { posts, through: posts.at(-1)?.sequence ?? after }
  }

  async erasedAfter(sequence: number): Promise<string[]> {
    return this.#erasures.filter((erasure) => erasure.sequence > sequence).map(({ id }) => id)
  }

  #carryOut(): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].atMs + this.carriedOutAfterMs <= this.#now()) {
      const { ids } = this.#waiting.shift()!
      this.#messages = this.#messages.filter(({ id }) => !ids.has(id))
    }
  }

  #firstAfter(sequence: number): number {
    let [low, high] = [0, this.#messages.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#messages[middle]!.sequence <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  async record(posts: readonly DeletedPost[]): Promise<void> {
    if (this.failing !== undefined) throw this.failing
    this.#waiting.push({ ids: new Set(posts.map(({ id }) => id)), atMs: this.#now() })
    for (const { id, reason } of posts) {
      if (this.erased.has(id)) this.erasedTwice.push(id)
      this.erased.set(id, reason)
      this.#erasures.push({ id, sequence: ++this.#last })
    }
    this.onErase(posts)
  }
}

/** Keeps positions as JSON, as the bucket does. */
export class MemoryPositions implements PositionStore {
  readonly entries = new Map<string, string>()
  /** Whether saving has no effect, as when the process is killed before it saves. */
  lost = false

  async read<T>(key: string): Promise<T | undefined> {
    const text = this.entries.get(key)
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  async save(key: string, position: object): Promise<void> {
    if (!this.lost) this.entries.set(key, JSON.stringify(position))
  }
}

/** Everything that outlives a process: the log and the bucket of positions. */
export class TestWorld {
  readonly sink: MemorySink
  readonly positions = new MemoryPositions()
  readonly gaps: CoverageGap[] = []
  /** The reports on hours, in the order in which they were published. */
  readonly reports: HourReport[] = []
  /** Whether stored posts are checked for deletion. */
  checksDeletions = false
  readonly clock: SimulatedClock

  constructor(clock: SimulatedClock) {
    this.clock = clock
    this.sink = new MemorySink(() => clock.trueMs)
  }

  /**
   * Runs a source for a while, then stops it.
   * @param ms how long it runs, unless `meanwhile` is given
   * @param meanwhile runs beside the source and lets time pass itself
   * @throws the source's error when it fails
   */
  async run(source: LiveSource, ms: number, meanwhile?: () => Promise<void>): Promise<void> {
    const stop = new AbortController()
    const running = source.run(this.#context(stop.signal)).then(() => {
      if (!stop.signal.aborted) throw new Error('the source ended by itself')
    })
    running.catch(() => {})
    await (meanwhile?.() ?? this.clock.pass(ms))
    stop.abort()
    await this.clock.passUntil(running)
  }

  #context(signal: AbortSignal): SourceContext {
    const { sink, positions, gaps, reports } = this
    const postLog: PostLog = { stored: sink.log, erasures: sink.log }
    return {
      sink,
      positions,
      postLog: this.checksDeletions ? postLog : undefined,
      logger: silentLogger,
      signal,
      recordGap: async (gap) => void gaps.push(gap),
      report: async (more) => void reports.push(...more),
    }
  }

  /** The last report on each hour, by `<subreddit> <hour as ISO 8601>`; `*` stands for all of Reddit. */
  get lastReports(): Map<string, HourReport> {
    return new Map(this.reports.map((report) => [`${report.subreddit ?? '*'} ${toIsoTime(report.hour_utc)}`, report]))
  }
}
