/** A post of a test. Reddit shows it from one moment to another. */
export interface StandInPost {
  readonly id: string
  readonly subreddit: string
  readonly createdMs: number
  /** From when on it can be read: after its creation when it was approved late, or when its id was given out before it showed. */
  readonly fromMs: number
  /** When it is deleted on Reddit; infinity: never. */
  readonly untilMs: number
  /** How `/api/info` shows it after its deletion; `nothing`: not at all. */
  readonly deletedAs: 'deleted' | 'removed' | 'author' | 'nothing'
  /** Whether it stands at the top of the listing whatever its age. */
  readonly sticky: boolean
  /** Whether a filter holds it back until `fromMs`. Before, `/api/info` shows it as a removed post. */
  readonly filtered: boolean
  readonly data: Readonly<Record<string, unknown>>
}

export function createPost(
  id: number,
  subreddit: string,
  createdMs: number,
  more: Partial<Pick<StandInPost, 'fromMs' | 'untilMs' | 'deletedAs' | 'sticky' | 'filtered'>> = {},
): StandInPost {
  const name = id.toString(36)
  const data = {
    id: name,
    name: `t3_${name}`,
    subreddit,
    title: `post ${name}`,
    selftext: '',
    created_utc: Math.floor(createdMs / 1_000),
    author: 'somebody',
    permalink: `/r/${subreddit}/comments/${name}/`,
    is_self: true,
    over_18: false,
    removed_by_category: null,
  }
  const always = {
    fromMs: createdMs,
    untilMs: Number.POSITIVE_INFINITY,
    deletedAs: 'deleted',
    sticky: false,
    filtered: false,
  } as const
  return {
    id: name,
    subreddit: subreddit.toLowerCase(),
    createdMs,
    ...always,
    ...more,
    data,
  }
}

export interface ListOptions {
  /** Names in lower case; undefined: all subreddits. */
  readonly subreddits: ReadonlySet<string> | undefined
  readonly nowMs: number
  readonly windowItems: number
  readonly query: URLSearchParams
}

/** A page of a listing of new posts as JSON, newest first. The page after a post that is no longer listed is empty. */
export function listPage(
  posts: readonly StandInPost[],
  { subreddits, nowMs, windowItems, query }: ListOptions,
): string {
  const window = readable(posts, subreddits, nowMs).slice(0, windowItems)
  const after = query.get('after')
  const index = after === null ? -1 : window.findIndex(({ id }) => `t3_${id}` === after)
  const start = after !== null && index < 0 ? window.length : index + 1
  const page = window.slice(start, start + Number(query.get('limit') ?? 25))
  const last = page.at(-1)
  const more = last !== undefined && start + page.length < window.length
  const children = page.map(({ data }) => itemOf(data)).join(',')
  const next = JSON.stringify(more ? `t3_${last.id}` : null)
  return `{"kind":"Listing","data":{"modhash":null,"dist":${page.length},"children":[${children}],"after":${next},"before":null}}`
}

const items = new WeakMap<object, string>()

/** A post as an item of a listing, in JSON. It is made once, because a simulated day asks for the same posts many times. */
function itemOf(data: StandInPost['data']): string {
  const known = items.get(data)
  if (known !== undefined) return known
  const item = JSON.stringify({ kind: 't3', data })
  items.set(data, item)
  return item
}

/** The posts that can be read now, pinned ones first, then the newest thousand. @param posts in the order of their creation */
function readable(
  posts: readonly StandInPost[],
  subreddits: ReadonlySet<string> | undefined,
  nowMs: number,
): StandInPost[] {
  const list: StandInPost[] = []
  const sticky: StandInPost[] = []
  for (let index = lastBefore(posts, nowMs); index >= 0 && list.length < 1_000; index--) {
    const post = posts[index]!
    const there = post.fromMs <= nowMs && post.untilMs > nowMs
    if (there && (subreddits === undefined || subreddits.has(post.subreddit))) (post.sticky ? sticky : list).push(post)
  }
  return [...sticky, ...list]
}

/** The index of the last post that was created by a time. */
function lastBefore(posts: readonly StandInPost[], nowMs: number): number {
  let [low, high] = [0, posts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (posts[middle]!.createdMs <= nowMs) low = middle + 1
    else high = middle
  }
  return low - 1
}
