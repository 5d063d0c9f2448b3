/** The progress of a command that reads posts from files, or messages from the log. */
export interface ProgressState {
  /** The file, or the stream, that is read now. */
  file: string
  /** Its size in bytes on disk, or in messages; undefined for standard input and followed files. */
  size: number | undefined
  /** How much of it was read, in the same unit. */
  read: number
  posts: number
  duplicates: number
  broken: number
  /** Shown instead of the rate while no progress is possible: `waiting for …`. */
  waiting?: string | undefined
  /** The unit of the counts; posts by default. */
  readonly unit?: string
}

export interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const BAR_WIDTH = 24
const BAR_INTERVAL_MS = 200
const LINE_INTERVAL_MS = 5_000

/**
 * Shows progress with its rate and the remaining time: as a bar on a terminal, otherwise as a line every five seconds.
 */
export class Progress implements Disposable {
  readonly #state: ProgressState
  readonly #out: ProgressOutput
  readonly #startMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #fileStartMs = performance.now()
  #fileStartRead = 0

  constructor(state: ProgressState, out: ProgressOutput) {
    this.#state = state
    this.#out = out
    this.#timer = setInterval(() => this.#show(), out.isTTY === true ? BAR_INTERVAL_MS : LINE_INTERVAL_MS)
    this.#timer.unref()
  }

  get seconds(): number {
    return (performance.now() - this.#startMs) / 1_000
  }

  /** Restarts the estimate of the remaining time. Call it at another file, and after lines that were skipped. */
  restartClock(): void {
    this.#fileStartMs = performance.now()
    this.#fileStartRead = this.#state.read
  }

  /** Writes a line above the bar. */
  say(text: string): void {
    this.#out.write(this.#out.isTTY === true ? `\r\x1b[K${text}\n` : `${text}\n`)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#out.isTTY === true) this.#out.write('\r\x1b[K')
  }

  #show(): void {
    // In a pipe it would be the same line again and again.
    if (this.#state.waiting !== undefined && this.#out.isTTY !== true) return
    const line = this.line()
    this.#out.write(this.#out.isTTY === true ? `\r\x1b[K${line}` : `${line}\n`)
  }

  /** The line that is shown now. */
  line(): string {
    const { file, posts, broken, waiting, unit = 'posts' } = this.#state
    if (waiting !== undefined) return `${file}  ${this.#bar()}${count(posts)} ${unit} · ${waiting}`
    const rate = (posts + this.#state.duplicates) / Math.max(this.seconds, 0.001)
    const parts = [`${count(posts)} ${unit}`, `${count(Math.round(rate))}/s`, ...this.#remaining()]
    if (broken > 0) parts.push(`${count(broken)} broken`)
    return `${file}  ${this.#bar()}${parts.join(' · ')}`
  }

  #share(): number | undefined {
    const { size, read } = this.#state
    return size === undefined || size === 0 ? undefined : Math.min(1, read / size)
  }

  #bar(): string {
    const share = this.#share()
    if (share === undefined) return ''
    const percent = `${(share * 100).toFixed(1)} %`
    if (this.#out.isTTY !== true) return `${percent} · `
    const full = Math.round(share * BAR_WIDTH)
    return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${percent} · `
  }

  #remaining(): string[] {
    const { size, read } = this.#state
    const done = read - this.#fileStartRead
    if (size === undefined || done <= 0) return []
    const elapsed = (performance.now() - this.#fileStartMs) / 1_000
    return [`${duration((elapsed * (size - read)) / done)} left`]
  }
}

/** A number with its digits in groups of three. */
export const count = (value: number): string => value.toLocaleString('en-US')

/** Seconds as `1:02:03` or `2:03`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = String(rest).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}
