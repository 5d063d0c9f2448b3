import { TransientError } from '../../http/errors.ts'
import type { HttpAnswer } from '../../http/fetch.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { throwOnFailure } from '../../http/throw-on-failure.ts'
import type { ListingClient, ListingPage, ListingQuestion } from '../listing/listing-page.ts'
import { readFeed } from './read-feed.ts'

/** A feed with fewer entries is the last page of its listing. */
const FULL_FEED = 25
const MAX_REMEMBERED = 100

interface Remembered {
  readonly validators: Readonly<Record<string, string>>
  readonly page: ListingPage
}

/**
 * Reads listings as Atom feeds: `/r/a+b/new/.rss`. A feed that was read before is requested conditionally, so that the server sends
 * it only when it has changed (RFC 9110, 13.1).
 */
export class FeedClient implements ListingClient {
  readonly #http: HttpClient
  readonly #url: string
  readonly #remembered = new Map<string, Remembered>()

  readonly #confirms: boolean

  /**
   * @param url an origin
   * @param confirms whether to send a refused request once more, which takes another minute
   */
  constructor(http: HttpClient, url: string, confirms: boolean) {
    this.#http = http
    this.#url = url
    this.#confirms = confirms
  }

  get serverMs(): number {
    return this.#http.serverMs
  }

  readListing({ path, query }: ListingQuestion, signal: AbortSignal): Promise<ListingPage> {
    const url = `${this.#url}${path.replace(/\/$/, '')}/.rss?${new URLSearchParams(query)}`
    const before = this.#remembered.get(url)
    const headers = { accept: 'application/atom+xml', ...before?.validators }
    const parse = (answer: HttpAnswer): ListingPage => {
      if (answer.status === 304 && before !== undefined) return before.page
      throwOnFailure(answer)
      const page = toPage(answer.text)
      if (query['after'] === undefined) this.#remember(url, answer, page)
      return page
    }
    const exchange = { what: path, build: () => ({ url, headers }), parse }
    return this.#confirms ? this.#http.requestTwiceIfRefused(exchange, signal) : this.#http.request(exchange, signal)
  }

  #remember(url: string, { headers }: HttpAnswer, page: ListingPage): void {
    const [etag, modified] = [headers.get('etag'), headers.get('last-modified')]
    const validators = {
      ...(etag === null ? {} : { 'if-none-match': etag }),
      ...(modified === null ? {} : { 'if-modified-since': modified }),
    }
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(url, { validators, page })
  }
}

/** Makes a page of a feed. A feed does not say where the next page begins; it begins after the last entry. */
function toPage(text: string): ListingPage {
  try {
    const items = readFeed(text)
    const last = items.at(-1)
    return { items, after: last === undefined || items.length < FULL_FEED ? undefined : `t3_${last.id}` }
  } catch (cause) {
    throw new TransientError('an answer that is not a feed', { cause })
  }
}
