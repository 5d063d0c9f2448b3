import type { Health } from '../../schema/heartbeat.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { RefusedError, TransientError, UnavailableError } from './errors.ts'
import type { Fetch, HttpAnswer, HttpRequest } from './fetch.ts'
import type { RateLimiter, Urgency } from './rate-limiter.ts'
import { SourceSilence } from './source-silence.ts'

const TIMEOUT_MS = 15_000
/**
 * Few attempts, so that one request that keeps failing does not delay the others. The waits go on growing from one request to the
 * next until one succeeds.
 */
const MAX_ATTEMPTS = 3
/** The longest wait that a server can ask for. */
const MAX_WAIT_MS = 3_600_000
/** How long to wait before a refused request is sent once more. */
const CONFIRM_MS = 1_500
/** A clock that differs from the server's by more than this is logged. */
const LOGGED_SKEW_MS = 60_000

export interface HttpClientOptions {
  readonly clock: Clock
  readonly fetch: Fetch
  readonly limiter: RateLimiter
  readonly userAgent: string
  readonly logger: Logger
  /** Returns a number from 0 to 1. */
  readonly random?: () => number
  /** Gets a problem while the source cannot be read. */
  readonly health?: Health | undefined
  /** How often one request is attempted; undefined: three times, which is right for sources that run on. */
  readonly maxAttempts?: number | undefined
}

export interface Exchange<T> {
  /** What is asked for, in words for the log. */
  readonly what: string
  readonly urgency?: Urgency
  /** Requests of one kind share a back-off: it is reset only when a request of the same kind succeeds. */
  readonly kind?: string
  /** Builds the request of each attempt. */
  readonly build: (signal: AbortSignal) => HttpRequest | Promise<HttpRequest>
  /** Turns the answer into a value. @throws TransientError to be retried; any other error is final */
  readonly parse: (answer: HttpAnswer) => T
}

/** Sends requests at the pace of a rate limiter, and retries those that failed in a way that may pass, with growing waits. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #backoffs = new Map<string, Backoff>()
  #skewMs = 0
  readonly #silence: SourceSilence

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#silence = new SourceSilence(options.clock, options.health)
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** The time by the server's clock, milliseconds since the epoch. Before the first answer it is our own clock's. */
  get serverMs(): number {
    return this.#options.clock.wallMs() + this.#skewMs
  }

  /**
   * Sends a request, several times if need be.
   * @throws UnavailableError when all attempts failed, with the last failure as its cause
   * @throws the other errors of `exchange.parse`, and the signal's reason
   */
  async request<T>(exchange: Exchange<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = exchange.parse(await this.#send(await exchange.build(signal), exchange.urgency, signal))
        this.#succeeded(exchange)
        this.#silence.succeeded(exchange)
        return result
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof TransientError)) {
          this.#silence.failed(exchange, error as Error)
          throw error
        }
        const last = attempt >= (this.#options.maxAttempts ?? MAX_ATTEMPTS)
        await this.#wait(error, { exchange, attempt, last }, signal)
        if (last) throw new UnavailableError(`${exchange.what}: ${error.message}`, { cause: error })
      }
    }
  }

  /**
   * Sends a request once more when it is refused, because a single refusal may be the server's mistake.
   * @throws RefusedError when it is refused twice, and what {@link request} throws
   */
  async requestTwiceIfRefused<T>(exchange: Exchange<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.request(exchange, signal)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      await this.#options.clock.sleep(CONFIRM_MS, signal)
      signal.throwIfAborted()
      return this.request(exchange, signal)
    }
  }

  /** Waits after a failed attempt. It waits after the last one as well, so that the next request does not follow at once. */
  async #wait(
    error: TransientError,
    { exchange, attempt, last }: { exchange: Exchange<unknown>; attempt: number; last: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    if (error.retryAtOnce) return
    const { clock, limiter, logger, maxAttempts } = this.#options
    const waitMs = Math.round(Math.max(Math.min(error.waitMs, MAX_WAIT_MS), this.#backoffOf(exchange).next()))
    this.#silence.failed(exchange, error, { waitMs, silentMs: error.silentMs })
    logger.warn({ what: exchange.what, reason: error.message, attempt, waitMs }, 'request failed')
    if (error.pauseAll) limiter.pause(waitMs)
    if (last && maxAttempts !== undefined) return
    await clock.sleep(waitMs, signal)
    signal.throwIfAborted()
  }

  #succeeded(exchange: Exchange<unknown>): void {
    const backoff = this.#backoffOf(exchange)
    if (backoff.failures === 0) return
    this.#options.logger.info({ what: exchange.what, failures: backoff.failures }, 'requests succeed again')
    backoff.succeeded()
  }

  #backoffOf({ kind = '' }: Exchange<unknown>): Backoff {
    const backoff = this.#backoffs.get(kind) ?? new Backoff(this.#options.random ?? Math.random)
    this.#backoffs.set(kind, backoff)
    return backoff
  }

  async #send(request: HttpRequest, urgency: Urgency | undefined, signal: AbortSignal): Promise<HttpAnswer> {
    const { limiter, userAgent } = this.#options
    await limiter.turn(signal, urgency)
    const answer = await this.#exchange(
      { ...request, headers: { 'user-agent': userAgent, ...request.headers } },
      signal,
    )
    limiter.adaptTo(answer.headers)
    this.#compareClocks(answer)
    return answer
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { clock, fetch } = this.#options
    const [slow, answered] = [new AbortController(), new AbortController()]
    const timer = clock.sleep(TIMEOUT_MS, answered.signal).then(() => {
      if (!answered.signal.aborted) slow.abort()
    })
    try {
      return await Promise.race([
        fetch(request, AbortSignal.any([signal, slow.signal])),
        timer.then(() => Promise.reject(new Error('late'))),
        aborted(signal, answered.signal),
      ])
    } catch (cause) {
      signal.throwIfAborted()
      // A fetch that respects its signal rejects before the timer does, and its error says only that it was aborted.
      if (slow.signal.aborted)
        throw new TransientError(`no answer within ${TIMEOUT_MS / 1_000} s`, { cause, silentMs: TIMEOUT_MS })
      throw new TransientError(`connection failed: ${explain(cause)}`, { cause })
    } finally {
      answered.abort()
    }
  }

  #compareClocks(answer: HttpAnswer): void {
    const date = Date.parse(answer.headers.get('date') ?? '')
    if (Number.isNaN(date)) return
    const skewMs = date - this.#options.clock.wallMs()
    const wasMs = this.#skewMs
    this.#skewMs = skewMs
    const isLarge = Math.abs(skewMs) > LOGGED_SKEW_MS
    if (!isLarge || Math.abs(skewMs - wasMs) < LOGGED_SKEW_MS) return
    this.#options.logger.warn(
      { seconds: Math.round(skewMs / 1_000) },
      'this machine’s clock differs from the server’s; using the server’s',
    )
  }
}

/** Rejects when `signal` is aborted, in case the fetch ignores it. Stops listening when `until` is aborted. */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: until })
  })
}

/** Describes an error of Node's fetch, whose message is only "fetch failed" while the reason is in its cause. */
function explain(error: unknown): string {
  const { message, cause } = error as Error
  const inner = cause instanceof Error ? (cause as NodeJS.ErrnoException) : undefined
  return inner === undefined ? message : `${message} (${inner.code ?? inner.message})`
}
