const WINDOW_MS = 60_000
const MAX_KINDS = 200
const MAX_KIND_LENGTH = 100
const OTHER = 'other messages'

export interface LogLimits {
  /** How many lines of one kind are written in a minute. */
  readonly linesPerKind?: number
  /** Milliseconds from any starting point. */
  readonly now?: () => number
}

/** How many lines of a kind were left out. */
export interface LeftOut {
  readonly kind: string
  readonly lines: number
}

/**
 * Limits how many log lines of one kind are written in a minute. Messages that differ only in their numbers are of one kind.
 * The number of kinds has a limit as well, because a message may be made of something that comes from outside.
 */
export class LogLimiter {
  readonly #linesPerKind: number
  readonly #now: () => number
  #startedMs: number
  #counts = new Map<string, number>()

  constructor({ linesPerKind = 20, now = () => performance.now() }: LogLimits = {}) {
    this.#linesPerKind = linesPerKind
    this.#now = now
    this.#startedMs = now()
  }

  /** How long the running minute still takes, in milliseconds; 0 or less when it is over. */
  get remainingMs(): number {
    return this.#startedMs + WINDOW_MS - this.#now()
  }

  /** Whether a line with this message may be written now. If not, it is counted. */
  admit(message: string): boolean {
    const kind = this.#kindOf(message)
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    return count <= this.#linesPerKind
  }

  /** Begins the next minute. @returns what was left out in the one before */
  next(): LeftOut[] {
    const leftOut = [...this.#counts]
      .map(([kind, count]) => ({ kind, lines: count - this.#linesPerKind }))
      .filter(({ lines }) => lines > 0)
    this.#counts = new Map()
    this.#startedMs = this.#now()
    return leftOut
  }

  #kindOf(message: string): string {
    const kind = message.slice(0, MAX_KIND_LENGTH).replaceAll(/\d+/g, '#')
    return this.#counts.has(kind) || this.#counts.size < MAX_KINDS ? kind : OTHER
  }
}
