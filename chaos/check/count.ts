import type { PostSubmitted } from '../../schema/events.ts'
import type { Fact, History } from '../load/history.ts'

/** The rows of each view for people, as JSON. */
export type Views = Readonly<Record<string, readonly string[]>>

interface Counted {
  readonly id: string
  readonly subreddit: string
  readonly hour: number
  readonly model: string
  /** 0…10000 */
  readonly seriousness: number
}

interface Sum {
  posts: number
  sum: number
}

const HOUR = 3_600

/** Counts the generated load by itself, without the log and without the code of the projections. */
export async function countLoad(history: History): Promise<Views> {
  const { facts } = history
  const erased = new Set(facts.flatMap((fact) => (fact.kind === 'erasure' ? [fact.id] : [])))
  const first = new Map<string, PostSubmitted>()
  for (const fact of facts) {
    if (fact.kind === 'post' && !erased.has(fact.post.id) && !first.has(fact.post.id))
      first.set(fact.post.id, fact.post)
  }
  const scored = (await readScores(history, first)).filter(({ id }) => !erased.has(id))
  return {
    posts_view: sorted(postRows(first, scored, lostIds(facts, 'post lost'))),
    hourly_view: sorted(tallyRows(scored, ({ hour }) => hour)),
    all_time_view: sorted(tallyRows(scored, () => undefined)),
    coverage_view: sorted(coverageRows(facts, scored)),
  }
}

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

const lostIds = (facts: readonly Fact[], kind: 'post lost' | 'score lost'): Set<string> =>
  new Set(facts.flatMap((fact) => (fact.kind === kind ? [fact.id] : [])))

async function readScores(history: History, first: ReadonlyMap<string, PostSubmitted>): Promise<Counted[]> {
  const lost = lostIds(history.facts, 'score lost')
  const posts = [...first.values()]
  const shown = await history.score(posts)
  const counted = new Map<string, Counted>()
  const add = (
    post: PostSubmitted | { id: string; subreddit: string; created_utc: number },
    model: string,
    score: number,
  ) => {
    const { id, subreddit, created_utc } = post
    const hour = Math.floor(created_utc / HOUR) * HOUR
    const key = `${id} ${model}`
    if (!counted.has(key)) counted.set(key, { id, subreddit, hour, model, seriousness: Math.round(score * 10_000) })
  }
  for (const post of posts) if (!lost.has(post.id)) add(post, history.model.name, shown.get(post)!)
  for (const fact of history.facts) {
    if (fact.kind !== 'score') continue
    const { post_id: id, model, seriousness } = fact.score
    add({ ...fact.score, id }, model, seriousness)
  }
  return [...counted.values()]
}

function postRows(first: ReadonlyMap<string, PostSubmitted>, scored: readonly Counted[], lost: ReadonlySet<string>) {
  const scores = Map.groupBy(scored, ({ id }) => id)
  return [...first.values()]
    .filter(({ id }) => !lost.has(id))
    .flatMap(({ id, subreddit, title, created_utc }): object[] => {
      const row = { id, subreddit, title, created_utc }
      const own = scores.get(id)
      if (own === undefined) return [{ ...row, model: null, seriousness: null }]
      return own.map(({ model, seriousness }) => Object.assign({}, row, { model, seriousness: seriousness / 10_000 }))
    })
}

function tallyRows(scored: readonly Counted[], bucketOf: (score: Counted) => number | undefined): object[] {
  const spellings = countSpellings(scored)
  const sums = new Map<string, Sum & { subreddit: string; model: string; bucket: number | undefined }>()
  for (const score of scored) {
    const [subreddit, bucket] = [score.subreddit.toLowerCase(), bucketOf(score)]
    const key = `${subreddit} ${score.model} ${bucket}`
    const sum = sums.get(key) ?? { subreddit, model: score.model, bucket, posts: 0, sum: 0 }
    sum.posts++
    sum.sum += score.seriousness
    sums.set(key, sum)
  }
  return Array.from(sums.values(), ({ subreddit, model, bucket, posts, sum }) => ({
    subreddit: spellings(subreddit),
    ...(bucket === undefined ? {} : { hour: toIso(bucket) }),
    model,
    posts,
    seriousness: sum / posts / 10_000,
  }))
}

/** The spelling of a subreddit's name that most scores have; of several, the first in the order of their bytes. */
function countSpellings(scored: readonly Counted[]): (subreddit: string) => string | undefined {
  const counts = new Map<string, number>()
  for (const { subreddit } of scored) counts.set(subreddit, (counts.get(subreddit) ?? 0) + 1)
  const best = new Map<string, string>()
  for (const [name, posts] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = name.toLowerCase()
    if (posts > (counts.get(best.get(key) ?? '') ?? 0)) best.set(key, name)
  }
  return (subreddit) => best.get(subreddit)
}

function coverageRows(facts: readonly Fact[], scored: readonly Counted[]): object[] {
  const spellings = countSpellings(scored)
  const latest = new Map<string, object>()
  for (const fact of facts) {
    if (fact.kind !== 'coverage') continue
    const { source, subreddit, hour_utc, expected, seen, erased, unknown, coverage } = fact.report
    const name = subreddit?.toLowerCase() ?? null
    const shown = name === null ? null : (spellings(name) ?? name)
    const row = { source, subreddit: shown, hour: toIso(hour_utc), expected, seen, erased, unknown, coverage }
    latest.set(`${source} ${name} ${hour_utc}`, row)
  }
  return [...latest.values()]
}

const toIso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000', '')
