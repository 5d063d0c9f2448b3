import type { PostSubmitted } from '../../../schema/events.ts'
import { activity, communityWeights } from './activity.ts'
import { communities, type Community } from './communities.ts'
import { capitalise, expand, writeTitle } from './grammar.ts'
import { createRandom, pick, pickWeighted, poisson, type Random } from './random.ts'
import { registers } from './registers.ts'

const MINUTE_MS = 60_000
/** An id is the minute and the post's index in it, so a minute holds at most this many posts. */
const MAX_POSTS_A_MINUTE = 1_024
const BODY_SHARE = 0.45
const LONG_BODY_SHARE = 0.3

export interface DemoPost {
  readonly event: PostSubmitted
  /** When it is published, milliseconds since the epoch; `created_utc` is the second of it. */
  readonly dueMs: number
}

/** The posts of one minute (since the epoch) in time order. The same seed and minute always give the same posts. */
export function generateMinute(seed: string, minute: number): DemoPost[] {
  const random = createRandom(`${seed}:${minute}`)
  const expected = activity(minute) * 60
  const count = Math.min(MAX_POSTS_A_MINUTE, poisson(random, expected))
  const weights = communityWeights(minute)
  const due = Array.from({ length: count }, () => minute * MINUTE_MS + random() * MINUTE_MS).sort((a, b) => a - b)
  return due.map((dueMs, index) => {
    const community = communities[pickWeighted(random, weights)]!
    const id = (minute * MAX_POSTS_A_MINUTE + index).toString(36)
    return { dueMs, event: writePost(random, community, id, Math.floor(dueMs / 1_000)) }
  })
}

function writePost(random: Random, community: Community, id: string, createdUtc: number): PostSubmitted {
  const kinds = Object.entries(community.mix)
  const weights = kinds.map(([, weight]) => weight)
  const [name] = kinds[pickWeighted(random, weights)]!
  const register = registers[name as keyof typeof registers]
  const title = writeTitle(random, register)
  const isSelf = random() < BODY_SHARE
  return {
    type: 'PostSubmitted',
    id,
    subreddit: community.name,
    title,
    selftext: isSelf ? writeBody(random, name as keyof typeof registers) : '',
    created_utc: createdUtc,
    url: null,
    is_self: isSelf,
    over_18: false,
    link_flair_text: null,
    source: 'demo',
  }
}

function writeBody(random: Random, name: keyof typeof registers): string {
  const register = registers[name]
  const first = pick(random, register.bodies)
  const second = random() < LONG_BODY_SHARE ? pick(random, register.bodies) : first
  const parts = first === second ? [first] : [first, second]
  return parts.map((part) => capitalise(expand(random, register, part))).join('\n\n')
}
