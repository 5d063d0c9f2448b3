import { TransientError } from '../../http/errors.ts'
import type { HttpAnswer, HttpRequest } from '../../http/fetch.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { throwOnFailure } from '../../http/throw-on-failure.ts'
import { parseJson } from '../../../schema/runtime/parse-json.ts'
import type { Urgency } from '../../http/rate-limiter.ts'
import { readListing, type ListingClient, type ListingPage, type ListingQuestion } from '../listing/listing-page.ts'
import type { AccessToken } from './access-token.ts'

/** Reads from Reddit's OAuth API. It sends a token with every request and distinguishes the kinds of failure. */
export class RedditClient implements ListingClient {
  readonly #http: HttpClient
  readonly #token: AccessToken
  readonly #apiUrl: string
  readonly #urgency: Urgency

  /** @param apiUrl an origin */
  constructor(http: HttpClient, token: AccessToken, apiUrl: string, urgency: Urgency = 'urgent') {
    this.#http = http
    this.#token = token
    this.#apiUrl = apiUrl
    this.#urgency = urgency
  }

  /** The same client with the same rate limit, for requests that are not urgent. */
  inSpareTime(): RedditClient {
    return new RedditClient(this.#http, this.#token, this.#apiUrl, 'spare')
  }

  get serverMs(): number {
    return this.#http.serverMs
  }

  /** @throws what {@link HttpClient.requestTwiceIfRefused} throws */
  readListing({ path, query }: ListingQuestion, signal: AbortSignal): Promise<ListingPage> {
    let token = ''
    let renewed = false
    const build = async (): Promise<HttpRequest> => {
      token = await this.#token.get(signal)
      const url = `${this.#apiUrl}${path}?${toQuery({ ...query, raw_json: '1' })}`
      return { url, headers: { authorization: `Bearer ${token}` } }
    }
    const parse = (answer: HttpAnswer): ListingPage => {
      if (answer.status === 401) {
        this.#token.refuse(token)
        const retryAtOnce = !renewed
        renewed = true
        throw new TransientError('401: the token is not accepted', { retryAtOnce })
      }
      return readListing(readJson(answer))
    }
    return this.#http.requestTwiceIfRefused({ what: path, urgency: this.#urgency, build, parse }, signal)
  }
}

/** Commas are not escaped, because a URL with a hundred ids is long enough. */
const toQuery = (query: Readonly<Record<string, string>>): string =>
  new URLSearchParams(query).toString().replaceAll('%2C', ',')

/** @throws what {@link throwOnFailure} throws, and TransientError when the answer is not JSON */
function readJson(answer: HttpAnswer): unknown {
  throwOnFailure(answer)
  const json = parseJson(answer.text)
  if (json !== undefined) return json
  throw new TransientError(answer.text.trim() === '' ? 'an empty answer' : 'an answer that is not JSON')
}
