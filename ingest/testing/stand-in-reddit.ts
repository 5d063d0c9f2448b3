import type { HttpAnswer, HttpRequest } from '../http/fetch.ts'
import { listPage, type StandInPost } from './stand-in-listing.ts'

/** A way in which a request fails. `cut` and `slow` are carried out by the server or the fetch that uses the stand-in. */
export type Fault =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'cut' }
  | { readonly kind: 'slow' }

export interface LoggedRequest {
  readonly atMs: number
  readonly path: string
  readonly query: string
  readonly status: number
}

export interface SubredditState {
  /** The status that Reddit answers instead of posts. */
  readonly status?: number
  readonly reason?: string
  readonly renamedTo?: string
}

export interface StandInOptions {
  /** The true time, milliseconds since the epoch. */
  readonly now: () => number
  /** Called for every request. @returns how it fails; undefined: it is answered */
  readonly fault?: (request: LoggedRequest) => Fault | undefined
  readonly clientId?: string
  readonly clientSecret?: string
  readonly tokenLifeS?: number
  readonly windowItems?: number
  /** Whether to leave unreadable subreddits out of a list, instead of refusing the whole request. */
  readonly leavesOut?: boolean
}

const WINDOW_S = 600
const PER_WINDOW = 1_000
const PER_MINUTE = 100
const MINUTE_MS = 60_000
const JSON_TYPE = 'application/json; charset=UTF-8'

/**
 * Answers as Reddit does, according to its documentation and to recorded answers: tokens, rate limits, listings of a thousand
 * items, `/api/info`, subreddits that cannot be read. A test adds the posts, which appear and disappear by the clock.
 */
export class StandInReddit {
  readonly log: LoggedRequest[] = []
  readonly subreddits = new Map<string, SubredditState>()
  readonly #options: Required<Omit<StandInOptions, 'fault'>> & Pick<StandInOptions, 'fault'>
  readonly #posts: StandInPost[] = []
  readonly #byId = new Map<string, StandInPost>()
  readonly #tokens = new Map<string, number>()
  tokensGiven = 0

  constructor(options: StandInOptions) {
    this.#options = {
      clientId: 'an-id',
      clientSecret: 'a-secret',
      tokenLifeS: 3_600,
      windowItems: 1_000,
      leavesOut: false,
      ...options,
    }
  }

  /** Adds posts. They must be in the order of their creation, and newer than those added before. */
  add(posts: readonly StandInPost[]): void {
    for (const post of posts) {
      this.#posts.push(post)
      this.#byId.set(`t3_${post.id}`, post)
    }
  }

  /** Answers a request. @returns the answer, or the way in which the connection fails */
  handle(request: HttpRequest): HttpAnswer | 'cut' | 'slow' {
    const { pathname, search, searchParams } = new URL(request.url)
    const atMs = this.#options.now()
    const asked: LoggedRequest = { atMs, path: pathname, query: search, status: 0 }
    const fault = this.#options.fault?.(asked)
    const answer = fault === undefined ? this.#answer(request, pathname, searchParams) : toAnswer(fault)
    this.log.push({ ...asked, status: typeof answer === 'string' ? 0 : answer.status })
    return typeof answer === 'string' ? answer : this.#withCommonHeaders(answer)
  }

  /** How many requests the busiest minute had. */
  get busiestMinute(): number {
    let [most, first] = [0, 0]
    this.log.forEach(({ atMs }, index) => {
      while (this.log[first]!.atMs <= atMs - MINUTE_MS) first++
      most = Math.max(most, index - first + 1)
    })
    return most
  }

  forgetTokens(): void {
    this.#tokens.clear()
  }

  #answer(request: HttpRequest, path: string, query: URLSearchParams): HttpAnswer {
    if (!/ \(by \/u\/\w+\)$/.test(request.headers?.['user-agent'] ?? '')) return html(429, 'whoa there')
    if (this.#usedSince(this.#options.now() - MINUTE_MS) >= PER_MINUTE)
      return html(429, 'too many', { 'retry-after': '30' })
    if (path === '/api/v1/access_token') return this.#giveToken(request)
    const token = request.headers?.['authorization']?.replace(/^Bearer /, '') ?? ''
    if ((this.#tokens.get(token) ?? 0) <= this.#options.now()) return json(401, { message: 'Unauthorized', error: 401 })
    if (path === '/api/info') return json(200, this.#info(query.get('id') ?? ''))
    const names = /^\/r\/([\w+]+)\/new$/.exec(path)?.[1]?.toLowerCase().split('+')
    return names === undefined ? json(404, { message: 'Not Found', error: 404 }) : this.#listing(names, query)
  }

  #giveToken(request: HttpRequest): HttpAnswer {
    const { clientId, clientSecret, tokenLifeS, now } = this.#options
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    if (request.headers?.['authorization'] !== `Basic ${basic}`)
      return json(401, { message: 'Unauthorized', error: 401 })
    const grant = new URLSearchParams(request.body).get('grant_type')
    const right = clientSecret === '' ? 'https://oauth.reddit.com/grants/installed_client' : 'client_credentials'
    if (grant !== right) return json(200, { error: 'unsupported_grant_type' })
    const token = `token-${++this.tokensGiven}`
    this.#tokens.set(token, now() + tokenLifeS * 1_000)
    return json(200, { access_token: token, token_type: 'bearer', expires_in: tokenLifeS, scope: '*' })
  }

  #listing(names: readonly string[], query: URLSearchParams): HttpAnswer {
    const { now, windowItems, leavesOut } = this.#options
    for (const name of leavesOut && names.length > 1 ? [] : names) {
      const { status, reason, renamedTo } = this.subreddits.get(name) ?? {}
      if (renamedTo !== undefined) return redirect(`https://oauth.reddit.com/r/${renamedTo}/new?${query}`)
      if (status === 302) return redirect(`https://www.reddit.com/subreddits/search?q=${name}`)
      if (status !== undefined) return json(status, { reason, message: 'Forbidden', error: status })
    }
    const open = names.filter((name) => !this.subreddits.has(name))
    const subreddits = open.includes('all') || open.includes('popular') ? undefined : new Set(open)
    return jsonText(200, listPage(this.#posts, { subreddits, nowMs: now(), windowItems, query }))
  }

  #info(ids: string): object {
    const nowMs = this.#options.now()
    const asked = ids.split(',').slice(0, 100)
    const found = asked.flatMap((id) => this.#byId.get(id) ?? [])
    const readable = found
      .filter(({ fromMs, createdMs, filtered }) => (filtered ? createdMs : fromMs) <= nowMs)
      .filter(({ untilMs, deletedAs }) => deletedAs !== 'nothing' || untilMs > nowMs)
    const children = readable.map((post) => ({ kind: 't3', data: { ...post.data, ...removal(post, nowMs) } }))
    return { kind: 'Listing', data: { dist: children.length, children, after: null, before: null } }
  }

  #usedSince(sinceMs: number): number {
    let used = 0
    for (let index = this.log.length - 1; index >= 0 && this.log[index]!.atMs > sinceMs; index--) used++
    return used
  }

  #withCommonHeaders(answer: HttpAnswer): HttpAnswer {
    const nowMs = this.#options.now()
    const intoWindowS = (nowMs / 1_000) % WINDOW_S
    const used = this.#usedSince(nowMs - intoWindowS * 1_000)
    const common: Record<string, string> = {
      date: new Date(nowMs).toUTCString(),
      'x-ratelimit-used': String(used),
      'x-ratelimit-remaining': `${Math.max(0, PER_WINDOW - used)}.0`,
      'x-ratelimit-reset': String(Math.ceil(WINDOW_S - intoWindowS)),
    }
    const bare = answer.status >= 400
    return { ...answer, headers: { get: (name) => answer.headers.get(name) ?? (bare ? null : (common[name] ?? null)) } }
  }
}

function toAnswer(fault: Fault): HttpAnswer | 'cut' | 'slow' {
  if (fault.kind !== 'answer') return fault.kind
  const headers = new Map(Object.entries(fault.headers ?? {}))
  return { status: fault.status, text: fault.body ?? '', headers: { get: (name) => headers.get(name) ?? null } }
}

/** How the API shows a post after each kind of deletion. */
const SHOWN_AS = {
  deleted: { selftext: '[deleted]', author: '[deleted]', removed_by_category: 'deleted' },
  removed: { selftext: '[removed]', removed_by_category: 'moderator' },
  author: { author: '[deleted]' },
  nothing: {},
} as const

function removal({ fromMs, untilMs, deletedAs }: StandInPost, nowMs: number): object {
  if (untilMs <= nowMs) return SHOWN_AS[deletedAs]
  return fromMs <= nowMs ? {} : { selftext: '[removed]', removed_by_category: 'automod_filtered' }
}

const answer = (status: number, text: string, headers: Readonly<Record<string, string>>): HttpAnswer => ({
  status,
  text,
  headers: { get: (name) => headers[name] ?? null },
})
const jsonText = (status: number, text: string): HttpAnswer => answer(status, text, { 'content-type': JSON_TYPE })
const json = (status: number, body: object): HttpAnswer => jsonText(status, JSON.stringify(body))
const html = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer =>
  answer(status, `<!doctype html><title>${text}</title>`, { 'content-type': 'text/html', ...headers })
const redirect = (location: string): HttpAnswer => answer(302, '', { location })
