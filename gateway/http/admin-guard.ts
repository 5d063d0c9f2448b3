import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const FAILURE_DELAY_MS = 1_000
/** While so many failed attempts of a client wait for their answers, its further attempts are refused unchecked. */
const MOST_WAITING = 4

export interface Denial {
  readonly status: 401 | 429
  readonly error: string
}

/**
 * Guards what is meant for operators by the setting ADMIN_TOKEN. A route that changes something must call `check` first,
 * and must not exist without a token.
 */
export class AdminGuard {
  readonly #digest: Buffer
  readonly #delay: (ms: number) => Promise<unknown>
  readonly #failing = new Map<string, number>()

  constructor(token: string, delay: (ms: number) => Promise<unknown> = (ms) => pause(ms, undefined, { ref: false })) {
    this.#digest = digest(token)
    this.#delay = delay
  }

  /**
   * Compares the token of the Authorization header. A wrong token is answered late, so that guessing takes long.
   * @param client the client whose attempts are counted together
   */
  async check({ headers }: IncomingMessage, client: string): Promise<Denial | undefined> {
    const failing = this.#failing.get(client) ?? 0
    if (failing >= MOST_WAITING) return { status: 429, error: 'too many wrong tokens: try again later' }
    const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
    // Digests have the same length, and comparing them takes the same time wherever they differ.
    if (token !== undefined && timingSafeEqual(digest(token), this.#digest)) return undefined
    if (token !== undefined) await this.#wait(client, failing)
    return { status: 401, error: 'this needs the header "Authorization: Bearer" with the ADMIN_TOKEN of the server' }
  }

  async #wait(client: string, failing: number): Promise<void> {
    this.#failing.set(client, failing + 1)
    await this.#delay(FAILURE_DELAY_MS)
    const left = this.#failing.get(client)! - 1
    if (left > 0) this.#failing.set(client, left)
    else this.#failing.delete(client)
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
