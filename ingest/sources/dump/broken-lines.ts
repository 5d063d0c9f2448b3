import { letterOfInput, withoutData, type DeadLetter, type RejectedInput } from '../../../schema/dead-letters.ts'
import { OperationalError } from '../../../schema/runtime/errors.ts'
import { count } from '../../../schema/runtime/progress.ts'

/** After so many broken lines in a row, the file is not a dump, or its rest is not. */
export const MAX_BROKEN_IN_A_ROW = 1_000
const MAX_HELD_BYTES = 16_000_000
const EXPECTED =
  'Each line has to be a JSON object with id, subreddit, title and created_utc, as in the dumps of submissions (RS_…).'

interface BrokenLine {
  readonly letter: DeadLetter
  readonly line: number
}

/**
 * The broken lines of a file. Their letters are held back until the file has a line with a post: a wrong file, which may
 * hold secrets, leaves nothing in DEAD.
 */
export class BrokenLines {
  readonly #file: string
  readonly #send: (letter: DeadLetter, line: number) => void
  #hasPosts: boolean
  #held: BrokenLine[] = []
  #heldBytes = 0
  #inARow = 0
  #first: { readonly line: number; readonly reason: string } | undefined

  /**
   * @param hasPosts whether an earlier run found posts in the file
   * @param send called with each letter, in the order of the lines
   */
  constructor(file: string, hasPosts: boolean, send: (letter: DeadLetter, line: number) => void) {
    this.#file = file
    this.#hasPosts = hasPosts
    this.#send = send
  }

  get isHolding(): boolean {
    return this.#held.length > 0
  }

  /** Call it with each line that has a post, before the post is published. */
  notePost(): void {
    this.#inARow = 0
    if (this.#hasPosts) return
    this.#hasPosts = true
    for (const { letter, line } of this.#held) this.#send(letter, line)
    this.#held = []
  }

  /** @throws OperationalError after too many broken lines in a row */
  add(line: number, input: RejectedInput): void {
    const letter = letterOfInput('ingest', input)
    if (this.#hasPosts) this.#send(letter, line)
    else this.#hold(letter, line)
    if (this.#inARow++ === 0) this.#first = { line, reason: input.reason }
    if (this.#inARow < MAX_BROKEN_IN_A_ROW) return
    const what = `${count(MAX_BROKEN_IN_A_ROW)} lines in a row have no post, up to line ${count(line)}`
    throw this.#toError(
      what,
      this.#hasPosts ? 'They go to DEAD, and the posts before them are stored.' : 'Nothing was stored.',
    )
  }

  /** Call it at the end of the file. @throws OperationalError if it has lines, and no line has a post */
  end(): void {
    if (this.isHolding) throw this.#toError('No line of it has a post', 'Nothing was stored.')
  }

  /** The letters are kept in memory, so that only some of them keep their data. */
  #hold(letter: DeadLetter, line: number): void {
    this.#heldBytes += letter.data!.length
    this.#held.push({ letter: this.#heldBytes > MAX_HELD_BYTES ? withoutData(letter) : letter, line })
  }

  #toError(what: string, stored: string): OperationalError {
    const { line, reason } = this.#first!
    return new OperationalError(`${this.#file}: ${what}. Line ${count(line)}: ${reason}. ${EXPECTED} ${stored}`)
  }
}
