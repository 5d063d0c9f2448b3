import type { Clock } from './http/clock.ts'
import type { Fetch, HttpAnswer } from './http/fetch.ts'
import { retryAfterMs, seconds } from './http/headers.ts'
import type { World } from './http/world.ts'

/** How long a check waits, all in all. */
const PATIENCE_MS = 60_000
/** After so long a wait is explained: between two requests, and for an answer. */
const PAUSE_MS = 2_000
const SILENCE_MS = 5_000
const TOO_MANY = 429
/** Larger ones are times. */
const MAX_RESET_S = 1e9

/** Tells people what is waited for. */
export type Say = (text: string) => void

/**
 * Runs a check for a minute at most. Whatever it waits for is said, and what it would wait for in vain ends it.
 * @param run is given a world whose exchanges are watched
 * @throws what is waited for in vain, and what `run` throws
 */
export async function withTimeLimit<T>(
  world: World,
  say: Say,
  run: (world: World, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [done, stop] = [new AbortController(), new AbortController()]
  const watch = new ExchangeWatch(world, say, stop)
  void after(world.clock, PATIENCE_MS, done.signal, () => watch.giveUp())
  try {
    return await run({ ...world, fetch: watch.fetch }, stop.signal)
  } finally {
    done.abort()
    watch.end()
  }
}

class ExchangeWatch {
  readonly #world: World
  readonly #say: Say
  readonly #stop: AbortController
  readonly #startMs: number
  /** Ends what would be said about the present wait. */
  #wait = new AbortController()
  /** What is waited for. */
  #what = 'nothing was asked for'

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
    this.#waitFor(`${host} does not answer`, SILENCE_MS)
    try {
      const answer = await this.#world.fetch(request, signal)
      this.#noteAnswer(host, answer)
      return answer
    } catch (error) {
      // Once it was waited for to the end, it is not worth another wait.
      if (signal.aborted) this.giveUp(` within ${Math.round((clock.elapsedMs() - startMs) / 1_000)} s`)
      else this.#waitFor(`the connection to ${host} fails`, PAUSE_MS)
      throw error
    }
  }

  giveUp(more = ', and a check waits a minute at most'): void {
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
    if (waitMs === 0) return this.#waitFor(`${host} answers ${status}`, PAUSE_MS)
    this.#waitFor(`${host} asks to wait ${Math.ceil(waitMs / 1_000)} s (${why})`, PAUSE_MS)
    // Whoever has got all that was asked for does not notice.
    if (this.#world.clock.elapsedMs() + waitMs > this.#startMs + PATIENCE_MS) this.giveUp()
  }

  #waitFor(what: string, untilSaidMs: number): void {
    this.#wait.abort()
    this.#wait = new AbortController()
    this.#what = what
    void after(this.#world.clock, untilSaidMs, this.#wait.signal, () => this.#say(`${what}: waiting.`))
  }
}

async function after(clock: Clock, ms: number, unless: AbortSignal, then: () => void): Promise<void> {
  await clock.sleep(ms, unless)
  if (!unless.aborted) then()
}
