import { join } from 'node:path'
import type { JetStreamManager } from '@nats-io/jetstream'
import Sqlite from 'better-sqlite3'
import type { PostErased, PostScored } from '../schema/events.ts'
import { POSTS, SCORES } from '../schema/streams.ts'
import { meanSeriousness, toFixedSeriousness } from '../schema/seriousness.ts'

export interface Figure {
  readonly posts: number
  readonly seriousness: number
}
/** The keys are subreddits in lower case, or subreddits with an hour. */
export type Figures = Readonly<Record<string, Figure>>

export interface AllFigures {
  readonly bySubreddit: Figures
  readonly byHour: Figures
}

/** Counts the figures from the log alone: each scored post once, without the erased ones. */
export async function figuresOfLog(jsm: JetStreamManager): Promise<AllFigures> {
  const erased = new Set<string>()
  for await (const [subject, data] of messages(jsm, POSTS)) {
    if (subject.startsWith('posts.erased.')) erased.add((JSON.parse(data) as PostErased).post_id)
  }
  const scores = new Map<string, PostScored>()
  for await (const [, data] of messages(jsm, SCORES)) {
    const score = JSON.parse(data) as PostScored
    if (!erased.has(score.post_id)) scores.set(score.post_id, score)
  }
  const all = [...scores.values()]
  return {
    bySubreddit: tally(all, ({ subreddit }) => subreddit.toLowerCase()),
    byHour: tally(all, ({ subreddit, created_utc }) => `${subreddit.toLowerCase()} ${toHour(created_utc)}`),
  }
}

async function* messages(jsm: JetStreamManager, stream: string): AsyncGenerator<[subject: string, data: string]> {
  const { state } = await jsm.streams.info(stream)
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(stream, { seq })
    if (message !== null) yield [message.subject, message.string()]
  }
}

function tally(scores: readonly PostScored[], key: (score: PostScored) => string): Figures {
  const groups = Object.entries(Object.groupBy(scores, key))
  return sorted(
    groups.map(([name, group]) => {
      const sum = group!.reduce((total, { seriousness }) => total + toFixedSeriousness(seriousness), 0)
      return [name, { posts: group!.length, seriousness: meanSeriousness(sum, group!.length)! }]
    }),
  )
}

const toHour = (createdUtc: number): string =>
  `${new Date(Math.floor(createdUtc / 3_600) * 3_600_000).toISOString().slice(0, 19)}Z`

const GRAPHQL = `query ($from: DateTime) {
  subreddits(first: 50) { nodes { name allTime { mean posts } hourly(from: $from) { hour mean posts } } }
}`

export async function figuresOfGraphQL(url: string, from: string): Promise<AllFigures> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: GRAPHQL, variables: { from } }),
  })
  type Mean = { mean: number; posts: number }
  type Node = { name: string; allTime: Mean; hourly: (Mean & { hour: string })[] }
  const { data } = (await response.json()) as { data: { subreddits: { nodes: Node[] } } }
  const toFigure = ({ mean, posts }: Mean): Figure => ({ posts, seriousness: mean })
  const { nodes } = data.subreddits
  return {
    bySubreddit: sorted(nodes.map(({ name, allTime }) => [name.toLowerCase(), toFigure(allTime)])),
    byHour: sorted(
      nodes.flatMap(({ name, hourly }) =>
        hourly.map((hour) => [`${name.toLowerCase()} ${hour.hour.replace('.000Z', 'Z')}`, toFigure(hour)] as const),
      ),
    ),
  }
}

export async function figuresOfRest(url: string): Promise<AllFigures> {
  const get = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T
  const { subreddits } = await get<{ subreddits: (Figure & { name: string })[] }>('/subreddits?limit=50')
  type Detail = { hourly: (Figure & { hour: string })[] }
  const details = await Promise.all(
    subreddits.map(async ({ name }) => ({ name, ...(await get<Detail>(`/subreddit/${name}`)) })),
  )
  return {
    bySubreddit: sorted(subreddits.map(({ name, posts, seriousness }) => [name.toLowerCase(), { posts, seriousness }])),
    byHour: sorted(
      details.flatMap(({ name, hourly }) =>
        hourly.map(
          ({ hour, posts, seriousness }) => [`${name.toLowerCase()} ${hour}`, { posts, seriousness }] as const,
        ),
      ),
    ),
  }
}

interface ViewRow extends Figure {
  readonly key: string
}

/** Reads the figures from the SQL views; those of `posts_view` are added up here. */
export function figuresOfViews(dataDir: string): AllFigures & { readonly byPosts: Figures } {
  const rows = (file: string, sql: string): readonly (readonly [string, Figure])[] => {
    const database = new Sqlite(join(dataDir, file), { readonly: true, fileMustExist: true })
    try {
      const found = database.prepare<[], ViewRow>(sql).all()
      return found.map(({ key, posts, seriousness }) => [key, { posts, seriousness }] as const)
    } finally {
      database.close()
    }
  }
  return {
    bySubreddit: sorted(rows('all-time.db', 'SELECT lower(subreddit) AS key, posts, seriousness FROM all_time_view')),
    byHour: sorted(
      rows('hourly.db', `SELECT lower(subreddit) || ' ' || hour AS key, posts, seriousness FROM hourly_view`),
    ),
    byPosts: sorted(
      rows(
        'posts.db',
        `SELECT lower(subreddit) AS key, count(*) AS posts,
           sum(CAST(round(seriousness * 10000) AS INTEGER)) / CAST(count(*) AS REAL) / 10000 AS seriousness
         FROM posts_view WHERE seriousness IS NOT NULL GROUP BY 1`,
      ),
    ),
  }
}

const sorted = (entries: readonly (readonly [string, Figure])[]): Figures =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
