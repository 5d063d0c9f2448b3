import type { ServerResponse } from 'node:http'

export interface WatchLimits {
  /** A client that takes nothing of what waits for it is cut off after this time. */
  readonly stalledMs: number
  /** How many bytes may wait for all clients together. Beyond it, those who have taken nothing for longest are cut off. */
  readonly maxWaitingBytes: number
}

const LIMITS: WatchLimits = { stalledMs: 30_000, maxWaitingBytes: 16 * 2 ** 20 }
const CHECK_INTERVAL_MS = 1_000
/** Under load the check is repeated with the requests, but not more often than this. */
const SHORTEST_INTERVAL_MS = 50

interface Watched {
  /** The bytes of the connection that the operating system had taken at the last check. */
  takenBytes: number
  /** When something was last taken, or when nothing waited. */
  sinceMs: number
  waitingBytes: number
}

/**
 * Cuts off clients that do not read their answers, because each of them holds memory. An idle event stream stays, because
 * nothing waits for its client.
 */
export class AnswerWatch implements Disposable {
  readonly #limits: WatchLimits
  readonly #now: () => number
  readonly #open = new Map<ServerResponse, Watched>()
  readonly #timer: NodeJS.Timeout
  #checkedMs = Number.NEGATIVE_INFINITY

  constructor(limits: WatchLimits = LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#timer = setInterval(() => this.check(), CHECK_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Watches a response until it closes. */
  add(response: ServerResponse): void {
    if (this.#now() - this.#checkedMs > SHORTEST_INTERVAL_MS) this.check()
    this.#open.set(response, { takenBytes: 0, sinceMs: this.#now(), waitingBytes: 0 })
    response.once('close', () => this.#open.delete(response))
  }

  /** Cuts off those who are stalled, and more when too much waits. */
  check(): void {
    this.#checkedMs = this.#now()
    let sum = 0
    const waiting: [ServerResponse, Watched][] = []
    for (const [response, watched] of this.#open) {
      if (response.req.socket.destroyed) this.#open.delete(response)
      this.#update(response, watched)
      if (watched.waitingBytes === 0) continue
      sum += watched.waitingBytes
      waiting.push([response, watched])
    }
    waiting.sort(([, a], [, b]) => a.sinceMs - b.sinceMs || b.waitingBytes - a.waitingBytes)
    for (const [response, { sinceMs, waitingBytes }] of waiting) {
      if (sum <= this.#limits.maxWaitingBytes && this.#checkedMs - sinceMs < this.#limits.stalledMs) return
      sum -= waitingBytes
      // A pipelined response that has not got the connection yet keeps its bytes until the connection ends.
      response.req.socket.destroy()
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #update(response: ServerResponse, watched: Watched): void {
    const { socket, writableLength } = response
    watched.waitingBytes = writableLength
    const takenBytes = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)
    if (writableLength > 0 && takenBytes === watched.takenBytes) return
    watched.takenBytes = takenBytes
    watched.sinceMs = this.#checkedMs
  }
}
