import { createHash } from 'node:crypto'
import type { HttpAnswer, HttpRequest } from '../http/fetch.ts'
import { listPage, type StandInPost } from './stand-in-listing.ts'

const FEED_ENTRIES = 25

/** Answers as Reddit's feeds do: Atom with 25 entries, or 304 when the feed has not changed. */
export class StandInFeed {
  readonly log: { readonly atMs: number; readonly url: string; readonly status: number }[] = []
  readonly #posts: readonly StandInPost[]
  readonly #now: () => number

  /** @param posts in the order of their creation */
  constructor(posts: readonly StandInPost[], now: () => number) {
    this.#posts = posts
    this.#now = now
  }

  handle({ url, headers }: HttpRequest): HttpAnswer {
    const { pathname, searchParams } = new URL(url)
    const names = /^\/r\/([\w+]+)\/new\/\.rss$/.exec(pathname)?.[1]?.split('+')
    const text = names === undefined ? undefined : this.#feed(new Set(names), searchParams.get('after'))
    const etag = `"${createHash('sha1')
      .update(text ?? '')
      .digest('hex')}"`
    const status = text === undefined ? 404 : headers?.['if-none-match'] === etag ? 304 : 200
    this.log.push({ atMs: this.#now(), url, status })
    return { status, text: status === 200 ? text! : '', headers: { get: (name) => (name === 'etag' ? etag : null) } }
  }

  #feed(subreddits: ReadonlySet<string>, after: string | null): string {
    const query = new URLSearchParams({ limit: String(FEED_ENTRIES), ...(after === null ? {} : { after }) })
    const page = listPage(this.#posts, { subreddits, nowMs: this.#now(), windowItems: 1_000, query })
    const { children } = (JSON.parse(page) as { data: { children: { data: Record<string, unknown> }[] } }).data
    const entries = children.map(({ data }) => toEntry(data)).join('')
    const head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    return `${head}<title>newest submissions</title>${entries}</feed>`
  }
}

const escape = (text: unknown): string =>
  String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function toEntry(data: Record<string, unknown>): string {
  const link = `https://www.reddit.com${String(data['permalink'])}`
  const html =
    `<!-- SC_OFF --><div class="md"><p>Some text, 1 &lt; 2</p></div><!-- SC_ON --> submitted by ` +
    `<a href="https://www.reddit.com/user/x">/u/x</a> <span><a href="${link}">[link]</a></span>`
  return (
    `<entry><author><name>/u/x</name></author><category term="${String(data['subreddit'])}" label="r/x"/>` +
    `<content type="html">${escape(html)}</content><id>${String(data['name'])}</id><link href="${link}"/>` +
    `<published>${new Date(Number(data['created_utc']) * 1_000).toISOString()}</published>` +
    `<title>${escape(data['title'])}</title></entry>`
  )
}
