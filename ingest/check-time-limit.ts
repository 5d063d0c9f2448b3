import type { Clock } from './http/clock.ts'
import type { Fetch, HttpAnswer } from './http/fetch.ts'
import { retryAfterMs, seconds } from './http/headers.ts'
import type { World } from './http/world.ts'

/** The longest time that a whole check may take. */
const TIME_LIMIT_MS = 60_000
/** A wait between two requests that is longer than this is announced. */
const ANNOUNCE_PAUSE_MS = 2_000
/** An answer that takes longer than this is announced. */
const ANNOUNCE_SILENCE_MS = 5_000
const TOO_MANY = 429
/** A larger `x-ratelimit-reset` is a time, not a number of seconds. */
const MAX_RESET_S = 1e9

/** Shows people what the check is waiting for. */
export type Say = (text: string) => void

/**
 * Runs a check for a minute at most. It announces what the check waits for, and ends the check as soon as a wait would exceed the
 * minute.
 * @param run receives a world whose requests are watched
 * @throws an Error that names what the check waited for when it was ended, and what `run` throws
 */
export async function withTimeLimit<T>(
  world: World,
  say: Say,
  run: (world: World, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [done, stop] = [new AbortController(), new AbortController()]
  const watch = new RequestWatch(world, say, stop)
  void after(world.clock, TIME_LIMIT_MS, done.signal, () => watch.giveUp())
  try {
    return await run({ ...world, fetch: watch.fetch }, stop.signal)
  } finally {
    done.abort()
    watch.end()
  }
}

class RequestWatch {
  readonly #world: World
  readonly #say: Say
  readonly #stop: AbortController
  readonly #startMs: number
  /** Aborted when the current wait ends, so that it is not announced any more. */
  #wait = new AbortController()
  /** What the check is waiting for. */
  #what = 'no request was sent'

  constructor(world: World, say: Say, stop: AbortController) {
    this.#world = world
    this.#say = say
    this.#stop = stop
    this.#startMs = world.clock.elapsedMs()
  }

  readonly fetch: Fetch = async (request, signal) => {
    const { host } = new URL(request.url)
    const { clock } = this.#world
    const startMs = clock.elapsedMs()
    this.#waitFor(`${host} does not answer`, ANNOUNCE_SILENCE_MS)
    try {
      const answer = await this.#world.fetch(request, signal)
      this.#noteAnswer(host, answer)
      return answer
    } catch (error) {
      // The client has already waited for its whole timeout; a second attempt would take as long.
      if (signal.aborted) this.giveUp(` within ${Math.round((clock.elapsedMs() - startMs) / 1_000)} s`)
      else this.#waitFor(`the connection to ${host} fails`, ANNOUNCE_PAUSE_MS)
      throw error
    }
  }

  giveUp(more = ', and a check takes a minute at most'): void {
    this.#stop.abort(new Error(this.#what + more))
  }

  end(): void {
    this.#wait.abort()
  }

  #noteAnswer(host: string, { status, headers }: HttpAnswer): void {
    const reset = seconds(headers.get('x-ratelimit-reset')) ?? MAX_RESET_S
    const isSpent = (seconds(headers.get('x-ratelimit-remaining')) ?? 1) < 1 && reset < MAX_RESET_S
    const waitMs = retryAfterMs(headers) ?? (isSpent ? reset * 1_000 : 0)
    const why = status === 200 ? 'its limit is used up' : status === TOO_MANY ? '429 too many requests' : status
    if (waitMs === 0) return this.#waitFor(`${host} answers ${status}`, ANNOUNCE_PAUSE_MS)
    this.#waitFor(`${host} asks to wait ${Math.ceil(waitMs / 1_000)} s (${why})`, ANNOUNCE_PAUSE_MS)
    // A check that needs no further request still ends normally, because only its next request would wait.
    if (this.#world.clock.elapsedMs() + waitMs > this.#startMs + TIME_LIMIT_MS) this.giveUp()
  }

  #waitFor(what: string, announceAfterMs: number): void {
    this.#wait.abort()
    this.#wait = new AbortController()
    this.#what = what
    void after(this.#world.clock, announceAfterMs, this.#wait.signal, () => this.#say(`${what}: waiting.`))
  }
}

async function after(clock: Clock, ms: number, unless: AbortSignal, then: () => void): Promise<void> {
  await clock.sleep(ms, unless)
  if (!unless.aborted) then()
}
