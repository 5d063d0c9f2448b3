import { TransientError } from '../../http/errors.ts'
import type { HttpAnswer, HttpRequest } from '../../http/fetch.ts'
import { retryAfterMs } from '../../http/headers.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { throwOnFailure } from '../../http/throw-on-failure.ts'
import { parseJson } from '../../../schema/runtime/parse-json.ts'

const TOKEN_PATH = '/api/v1/access_token'
const INSTALLED_CLIENT = 'https://oauth.reddit.com/grants/installed_client'
/** The device id that Reddit defines for clients that do not want to be tracked. */
const ANY_DEVICE = 'DO_NOT_TRACK_THIS_DEVICE'
const DEFAULT_LIFE_S = 3_600
const RENEWED_BEFORE_S = 300

export interface Credentials {
  /** The origin of the token endpoint. */
  readonly authUrl: string
  readonly clientId: string
  /** Undefined: an installed app, which has no secret. */
  readonly clientSecret: string | undefined
}

/** The token endpoint does not accept the client id and secret. */
export class CredentialsError extends TransientError {
  override name = 'CredentialsError'
}

/**
 * The application's access token. It is fetched when it is first needed, and again before it expires. No user logs in: the grant is
 * `client_credentials`, or that of an installed client. Source: Reddit's OAuth2 wiki, "Application Only OAuth".
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

  /** Returns a valid token. @throws UnavailableError when the endpoint does not grant one, with its reason */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#http.clock.elapsedMs() < this.#renewMs) return this.#token
    const askedMs = this.#http.clock.elapsedMs()
    const build = (): HttpRequest => tokenRequest(this.#credentials)
    const { token, lifeS } = await this.#http.request({ what: 'access token', kind: 'token', build, parse }, signal)
    this.#token = token
    // A token that is valid for a short time only is replaced after half of that time.
    this.#renewMs = askedMs + Math.max(lifeS - RENEWED_BEFORE_S, lifeS / 2) * 1_000
    return token
  }

  /** Notes that the API did not accept this token, so that another one is fetched. */
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

/** Reads the token from an answer. The endpoint answers some refusals with 200, so only a token counts as a success. */
function parse(from: HttpAnswer): { token: string; lifeS: number } {
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
