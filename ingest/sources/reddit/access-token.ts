import { TransientError } from '../../http/errors.ts'
import type { HttpAnswer, HttpRequest } from '../../http/fetch.ts'
import { retryAfterMs } from '../../http/headers.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { throwOnFailure } from '../../http/throw-on-failure.ts'
import { parseJson } from '../../../schema/runtime/parse-json.ts'

const TOKEN_PATH = '/api/v1/access_token'
const INSTALLED_CLIENT = 'https://oauth.reddit.com/grants/installed_client'
/** Reddit's own word for clients that do not want to be told apart. */
const ANY_DEVICE = 'DO_NOT_TRACK_THIS_DEVICE'
const DEFAULT_LIFE_S = 3_600
const RENEWED_BEFORE_S = 300

export interface Credentials {
  /** Origin of the token endpoint. */
  readonly authUrl: string
  readonly clientId: string
  /** Undefined: an installed app, which has none. */
  readonly clientSecret: string | undefined
}

/** The token endpoint does not take the client id and secret. */
export class CredentialsError extends TransientError {
  override name = 'CredentialsError'
}

/**
 * The application's token, fetched when first needed and again before it ends. No user logs in: the grant is
 * client_credentials, or the installed client's. Source: Reddit's OAuth2 wiki, "Application Only OAuth".
 */
export class AccessToken {
  readonly #http: HttpClient
  readonly #credentials: Credentials
  #token: string | undefined
  #renewMs = 0

  constructor(http: HttpClient, credentials: Credentials) {
    this.#http = http
    this.#credentials = credentials
  }

  /** @throws UnavailableError when the endpoint gives none, with its reason */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#http.clock.elapsedMs() < this.#renewMs) return this.#token
    const askedMs = this.#http.clock.elapsedMs()
    const build = (): HttpRequest => tokenRequest(this.#credentials)
    const { token, lifeS } = await this.#http.request({ what: 'access token', kind: 'token', build, judge }, signal)
    this.#token = token
    // Short lives are used to their half.
    this.#renewMs = askedMs + Math.max(lifeS - RENEWED_BEFORE_S, lifeS / 2) * 1_000
    return token
  }

  /** Says that the API did not take this token. */
  refuse(token: string): void {
    if (this.#token === token) this.#token = undefined
  }
}

function tokenRequest({ authUrl, clientId, clientSecret }: Credentials): HttpRequest {
  const form =
    clientSecret === undefined
      ? { grant_type: INSTALLED_CLIENT, device_id: ANY_DEVICE }
      : { grant_type: 'client_credentials' }
  const basic = Buffer.from(`${clientId}:${clientSecret ?? ''}`).toString('base64')
  return {
    url: authUrl + TOKEN_PATH,
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  }
}

/** The endpoint answers 200 to some of what it refuses; only a token is a success. */
function judge(from: HttpAnswer): { token: string; lifeS: number } {
  const { status, headers, text } = from
  const answer = parseJson(text) as { access_token?: unknown; expires_in?: unknown; error?: unknown } | undefined
  const { access_token: token, expires_in: life, error } = answer ?? {}
  if (status === 200 && typeof token === 'string' && token !== '') {
    return { token, lifeS: typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE_S }
  }
  if (status === 429) throwOnFailure(from)
  const refused = [400, 401, 403].includes(status) || (status === 200 && error !== undefined)
  const reason = typeof error === 'string' ? `${status} ${error}` : String(status)
  if (refused) throw new CredentialsError(`Reddit does not accept the client id and secret (${reason})`)
  throw new TransientError(answer === undefined ? `${status} without JSON` : reason, {
    waitMs: retryAfterMs(headers) ?? 0,
  })
}
