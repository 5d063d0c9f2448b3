import type { Logger } from '../../schema/runtime/logger.ts'
import { Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { RefusedError, TransientError, UnavailableError } from './errors.ts'
import type { Fetch, HttpAnswer, HttpRequest } from './fetch.ts'
import type { RateLimiter, Urgency } from './rate-limiter.ts'

/** What hangs keeps others waiting. */
const TIMEOUT_MS = 15_000
/** Few, so that what keeps failing does not keep others waiting; the waits go on growing from one request to the next. */
const MAX_ATTEMPTS = 3
/** A server that asks for more is asked again all the same. */
const MAX_WAIT_MS = 3_600_000
const CONFIRM_MS = 1_500
const REMARKABLE_SKEW_MS = 60_000

export interface HttpClientOptions {
  readonly clock: Clock
  readonly fetch: Fetch
  readonly limiter: RateLimiter
  readonly userAgent: string
  readonly logger: Logger
  /** From 0 to 1. */
  readonly random?: () => number
  /** Exchanges tried for one request; undefined: as many as a source that runs on tries. */
  readonly maxAttempts?: number | undefined
}

export interface Exchange<T> {
  /** What is asked for, in the log. */
  readonly what: string
  readonly urgency?: Urgency
  /** Whose waits grow together: those of one kind do not end when another succeeds. */
  readonly kind?: string
  /** Made anew for each attempt. */
  readonly build: (signal: AbortSignal) => HttpRequest | Promise<HttpRequest>
  /** Makes a value of the answer. @throws TransientError to try again; anything else is final */
  readonly judge: (answer: HttpAnswer) => T
}

/** Sends requests at the limiter's pace and repeats them, with waits that grow, while what fails may pass. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #backoffs = new Map<string, Backoff>()
  #skewMs = 0

  constructor(options: HttpClientOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** The server's clock where it was ever heard, else ours. Milliseconds since the epoch. */
  get serverMs(): number {
    return this.#options.clock.wallMs() + this.#skewMs
  }

  /**
   * @throws UnavailableError after several attempts, with the last failure as its cause
   * @throws what `judge` throws besides TransientError, and the signal's reason
   */
  async request<T>(exchange: Exchange<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = exchange.judge(await this.#send(await exchange.build(signal), exchange.urgency, signal))
        this.#succeeded(exchange)
        return result
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof TransientError)) throw error
        const last = attempt >= (this.#options.maxAttempts ?? MAX_ATTEMPTS)
        await this.#wait(error, { exchange, attempt, last }, signal)
        if (last) throw new UnavailableError(`${exchange.what}: ${error.message}`, { cause: error })
      }
    }
  }

  /**
   * Asks once more for what was refused: once may be a mishap.
   * @throws RefusedError when refused twice, and what {@link request} throws
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

  /** Also after the last attempt: whoever asks next must not ask at once. */
  async #wait(
    error: TransientError,
    { exchange, attempt, last }: { exchange: Exchange<unknown>; attempt: number; last: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    if (error.retryAtOnce) return
    const { clock, limiter, logger, maxAttempts } = this.#options
    const waitMs = Math.round(Math.max(Math.min(error.waitMs, MAX_WAIT_MS), this.#backoffOf(exchange).next()))
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
    limiter.heed(answer.headers)
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
      // A fetch that heeds its signal fails first, and says only that it was aborted.
      if (slow.signal.aborted) throw new TransientError(`no answer within ${TIMEOUT_MS / 1_000} s`, { cause })
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
    const remarkable = Math.abs(skewMs) > REMARKABLE_SKEW_MS
    if (!remarkable || Math.abs(skewMs - wasMs) < REMARKABLE_SKEW_MS) return
    this.#options.logger.warn(
      { seconds: Math.round(skewMs / 1_000) },
      'the server’s clock and ours differ; its is used',
    )
  }
}

/** Rejects when the signal is aborted, for a fetch that does not heed it; ends quietly with `until`. */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: until })
  })
}

/** Node's fetch says only "fetch failed"; the reason is in the cause. */
function explain(error: unknown): string {
  const { message, cause } = error as Error
  const inner = cause instanceof Error ? (cause as NodeJS.ErrnoException) : undefined
  return inner === undefined ? message : `${message} (${inner.code ?? inner.message})`
}
