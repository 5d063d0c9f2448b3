import type { NatsConnection } from '@nats-io/transport-node'
import type { Service } from '../../schema/runtime/lifecycle.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { DurablePublisher, type PublisherOptions } from '../../schema/runtime/publish.ts'
import type { DemoSource } from '../config.ts'
import { logDiscarded, Positions } from '../position.ts'
import { PostsPublisher, type LetterBox } from '../posts-publisher.ts'
import { DemoClock } from './demo/clock.ts'
import { generateMinute, type DemoPost } from './demo/generate.ts'

const POSITION_KEY = 'demo'
const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
/** After a longer stop only the last week is filled in. */
const MAX_CATCH_UP_MINUTES = 7 * DAY_MINUTES
const SAVE_INTERVAL_MS = 1_000
const REPORT_INTERVAL_MS = 5_000
/** The longest sleep, so that a change of the machine's clock is noticed soon. */
const MAX_SLEEP_MS = 250

interface DemoPosition {
  /** The next post to publish: its minute (since the epoch) and its index in that minute. */
  readonly minute: number
  readonly index: number
  /** Whether the present was ever reached. From then on, the time of a stop is filled in for a week at most. */
  readonly live: boolean
}

/** Publishes generated posts: first the history, then each post at its time. */
export async function startDemo(
  source: DemoSource,
  connection: NatsConnection,
  letters: LetterBox,
  logger: Logger,
  publishing: PublisherOptions = {},
): Promise<Service> {
  const positions = await Positions.open(connection, logDiscarded(logger), publishing)
  const nowMinute = Math.floor(Date.now() / MINUTE_MS)
  const stored = await positions.read<DemoPosition>(POSITION_KEY)
  const start = stored === undefined ? firstPosition(source, nowMinute) : resume(stored, nowMinute)
  const publisher = new PostsPublisher(new DurablePublisher(connection, publishing), letters)
  const demo = new Demo(source, start, publisher, positions, logger)
  logger.info(
    { seed: source.seed, from: new Date(start.minute * MINUTE_MS), resumed: stored !== undefined },
    'demo started',
  )
  demo.start()
  return demo
}

const firstPosition = (source: DemoSource, nowMinute: number): DemoPosition => ({
  minute: nowMinute - source.days * DAY_MINUTES,
  index: 0,
  live: false,
})

function resume(stored: DemoPosition, nowMinute: number): DemoPosition {
  const oldest = nowMinute - MAX_CATCH_UP_MINUTES
  return stored.live && stored.minute < oldest ? { ...stored, minute: oldest, index: 0 } : stored
}

/** The publisher's position is one growing number: the minute times this, plus the index in the minute. */
const INDEXES_PER_MINUTE = 2 ** 16

class Demo implements Service {
  readonly failed: Promise<never>
  readonly #source: DemoSource
  readonly #publisher: PostsPublisher
  readonly #positions: Positions
  readonly #logger: Logger
  readonly #clock: DemoClock
  #minute: number
  #index: number
  #live: boolean
  #savedMs = 0
  #reportedMs = performance.now()
  #stopping = false
  #running: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(
    source: DemoSource,
    start: DemoPosition,
    publisher: PostsPublisher,
    positions: Positions,
    logger: Logger,
  ) {
    this.#source = source
    this.#publisher = publisher
    this.#positions = positions
    this.#logger = logger
    this.#minute = start.minute
    this.#index = start.index
    this.#live = start.live
    this.#clock = new DemoClock(source.speed, start.minute * MINUTE_MS)
    this.#publisher.pass(start.minute * INDEXES_PER_MINUTE + start.index)
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    this.failed.catch(() => {})
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => this.#fail(error))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    await this.#save()
    while (!this.#stopping) {
      const posts = generateMinute(this.#source.seed, this.#minute)
      while (this.#index < posts.length && !this.#stopping) await this.#publish(posts[this.#index]!)
      if (this.#stopping) break
      this.#minute++
      this.#index = 0
      await this.#until(this.#minute * MINUTE_MS)
    }
    await this.#publisher.drain()
    await this.#save()
  }

  async #publish({ event, dueMs }: DemoPost): Promise<void> {
    await this.#until(dueMs)
    if (this.#stopping) return
    this.#index++
    this.#publisher.add(event, this.#minute * INDEXES_PER_MINUTE + this.#index)
    if (this.#publisher.full) await this.#publisher.room()
    if (performance.now() - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
  }

  /** Sends the posts gathered so far and sleeps until the demo's clock shows `dueMs`. Returns at once when that time has passed. */
  async #until(dueMs: number): Promise<void> {
    if (dueMs <= this.#clock.nowMs()) return this.#report()
    this.#publisher.flush()
    await this.#publisher.room()
    while (dueMs > this.#clock.nowMs() && !this.#stopping) {
      this.#noticePresent()
      await this.#sleep(Math.min(this.#clock.realWaitMs(dueMs), MAX_SLEEP_MS))
    }
  }

  #noticePresent(): void {
    if (this.#live || !this.#clock.isPresent()) return
    this.#live = true
    this.#logger.info({ posts: this.#publisher.counts.published }, 'demo has reached the present')
  }

  #report(): void {
    if (this.#live || performance.now() - this.#reportedMs < REPORT_INTERVAL_MS) return
    this.#reportedMs = performance.now()
    const { published } = this.#publisher.counts
    this.#logger.info({ posts: published, until: new Date(this.#minute * MINUTE_MS) }, 'generating history')
  }

  async #save(): Promise<void> {
    this.#savedMs = performance.now()
    const at = this.#publisher.acknowledged
    const [minute, index] = [Math.floor(at / INDEXES_PER_MINUTE), at % INDEXES_PER_MINUTE]
    const position: DemoPosition = { minute, index, live: this.#live }
    await this.#positions.save(POSITION_KEY, position)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
