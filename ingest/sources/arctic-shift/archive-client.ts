import { TransientError } from '../../http/errors.ts'
import type { HttpAnswer } from '../../http/fetch.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { throwOnFailure } from '../../http/throw-on-failure.ts'
import { parseJson } from '../../../schema/runtime/parse-json.ts'

/** How many posts one search returns at most. */
export const SEARCH_LIMIT = 100

/** A post in the archive. It has the fields of Reddit's API. */
export type ArchivedPost = Readonly<Record<string, unknown>>

/** Searches posts in the archive Arctic Shift. Source: the API's README in the archive's repository. */
export class ArchiveClient {
  readonly #http: HttpClient
  readonly #url: string

  /** @param url an origin */
  constructor(http: HttpClient, url: string) {
    this.#http = http
    this.#url = url
  }

  get serverMs(): number {
    return this.#http.serverMs
  }

  /**
   * Returns the first hundred posts of a subreddit after a time, oldest first.
   * @param afterUtc seconds since the epoch; the archive does not document whether posts of that very second are included
   * @throws RefusedError, RedirectedError, UnavailableError, and the signal's reason
   */
  search(subreddit: string, afterUtc: number, signal: AbortSignal): Promise<ArchivedPost[]> {
    return this.#ask(subreddit, { after: String(afterUtc), sort: 'asc' }, signal)
  }

  /**
   * Returns the last hundred posts of a subreddit, however old they are, newest first.
   * @throws what {@link search} throws
   */
  searchNewest(subreddit: string, signal: AbortSignal): Promise<ArchivedPost[]> {
    return this.#ask(subreddit, { sort: 'desc' }, signal)
  }

  #ask(subreddit: string, which: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ArchivedPost[]> {
    const query = new URLSearchParams({ subreddit, ...which, limit: String(SEARCH_LIMIT) })
    const url = `${this.#url}/api/posts/search?${query}`
    return this.#http.requestTwiceIfRefused({ what: `search ${subreddit}`, build: () => ({ url }), parse }, signal)
  }
}

function parse(answer: HttpAnswer): ArchivedPost[] {
  throwOnFailure(answer)
  const { data } = (parseJson(answer.text) ?? {}) as { data?: unknown }
  if (!Array.isArray(data)) throw new TransientError('an answer without posts')
  return data.filter((post): post is ArchivedPost => typeof post === 'object' && post !== null)
}
