import type { LogMessage } from './batch-writer.ts'

/** How long scores wait for the post that the first of them names. One that never comes must not hold up the others. */
const MAX_WAIT_MS = 3_000
const POST_SEQUENCE = Buffer.from('"post_sequence":')
const MAX_DIGITS = 16

/**
 * Lets a score through once the post that it is about was applied: two streams have no order between them, and whoever
 * follows scored posts wants their titles, too.
 */
export class CauseGate implements Disposable {
  readonly #onTimeout: () => void
  #timer: NodeJS.Timeout | undefined
  #open = false

  /** @param onTimeout called when scores have waited long enough, and may go without their posts */
  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout
  }

  /** @param postsAt sequence of POSTS up to which posts are applied */
  lets(message: LogMessage, postsAt: number): boolean {
    return this.#open || causeOf(message) <= postsAt
  }

  /** After each round: whether scores are waiting and none got through. */
  note(isBlocked: boolean): void {
    this.#open = false
    if (isBlocked) this.#timer ??= setTimeout(() => this.#giveUp(), MAX_WAIT_MS).unref()
    else this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #giveUp(): void {
    this.#timer = undefined
    this.#open = true
    this.#onTimeout()
  }
}

/** The POSTS sequence that a PostScored names as its cause; 0 without one. Reads the bytes, which saves a second parse. */
function causeOf({ data }: LogMessage): number {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const at = bytes.lastIndexOf(POST_SEQUENCE)
  if (at < 0) return 0
  const start = at + POST_SEQUENCE.length
  return Number.parseInt(bytes.toString('latin1', start, start + MAX_DIGITS), 10) || 0
}
