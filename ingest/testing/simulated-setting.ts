import type { RedditSource } from '../config.ts'
import type { LiveSource } from '../sources/live/source.ts'
import { createReddit } from '../sources/reddit/create-reddit.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { createPost, type StandInPost } from './stand-in-listing.ts'
import { StandInReddit, type StandInOptions } from './stand-in-reddit.ts'
import { random as seededRandom } from '../../ml/random.ts'
import { silentLogger, simulatedWorld, TestWorld } from './test-source.ts'

export const START_MS = Date.UTC(2026, 5, 1)
export const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000] as const
/** Far away from the small ids that some tests use. */
export const FIRST_ID = 36 ** 6

/** Settings for all of Reddit that the stand-in accepts. */
export const REDDIT: RedditSource = {
  kind: 'reddit',
  clientId: 'an-id',
  clientSecret: 'a-secret',
  userAgent: 'linux:gravitas:0.1.0 (by /u/tester)',
  authUrl: 'http://auth.test',
  apiUrl: 'http://api.test',
  subreddits: undefined,
  pollIntervalMs: SECOND,
  check: false,
}

/** A process that runs for a while and then stays stopped for a while. */
export interface Stop {
  readonly runMs: number
  readonly downMs: number
  /** Whether it is killed, so that its last position is not saved. */
  readonly crash: boolean
}

/** A stand-in for Reddit, a simulated clock, and sources that use only these two. */
export interface Setting {
  readonly clock: SimulatedClock
  readonly reddit: StandInReddit
  readonly world: TestWorld
  readonly create: (more?: Partial<RedditSource>) => LiveSource
}

/** Prepares a simulation. @param subreddits undefined: all of Reddit */
export function setUp(
  subreddits: readonly string[] | undefined,
  options: Partial<StandInOptions> = {},
  seed = 1,
): Setting {
  const clock = new SimulatedClock(START_MS)
  const reddit = new StandInReddit({ now: () => clock.trueMs, ...options })
  const outside = simulatedWorld(clock, reddit, seededRandom(seed))
  const source = { ...REDDIT, subreddits: subreddits === undefined ? undefined : new Set(subreddits) }
  const create = (more: Partial<RedditSource> = {}): LiveSource =>
    createReddit({ ...source, ...more }, silentLogger, outside)
  return { clock, reddit, world: new TestWorld(clock), create }
}

/** Runs one process after the other, as the stops say. */
export async function playStops(set: Setting, stops: readonly Stop[], more?: Partial<RedditSource>): Promise<void> {
  for (const { runMs, downMs, crash } of stops) {
    await set.world.run(set.create(more), runMs, async () => {
      await set.clock.pass(runMs)
      set.world.positions.lost = crash
    })
    set.world.positions.lost = false
    await set.clock.pass(downMs)
  }
}

/** Posts at regular intervals. Times are milliseconds relative to the start. */
export function steadily(
  subreddit: string,
  everyMs: number,
  fromMs: number,
  untilMs: number,
  firstId = FIRST_ID,
): StandInPost[] {
  const count = Math.floor((untilMs - fromMs) / everyMs)
  return Array.from({ length: count }, (_, n) => createPost(firstId + n, subreddit, START_MS + fromMs + n * everyMs))
}

export const inOrder = (...lists: readonly (readonly StandInPost[])[]): StandInPost[] =>
  lists.flat().sort((a, b) => a.createdMs - b.createdMs)

/** Returns the ids of the posts that were not stored. */
export const missing = ({ world }: Setting, posts: readonly StandInPost[]): string[] =>
  posts.map(({ id }) => id).filter((id) => !world.sink.stored.has(id))
