import { InputRefusedError } from './input-failure.ts'

const NEWLINE = 10
/** The most bytes that are kept of a line. A longer line cannot be a post. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
/** The longest line that is read to its end. A line without an end would keep the reader busy for ever. */
const LONGEST_LINE_BYTES = 64 * 1024 * 1024
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Splits chunks into lines in one pass over the bytes, and holds at most one line. A byte order mark in front of the first
 * line is dropped, because it is not part of the line; some editors write one.
 */
export class LineSplitter {
  #pieces: Buffer[] = []
  #held = 0
  #isFirst = true

  /** Whether bytes without a newline are held, as after a file's last line. */
  get pending(): boolean {
    return this.#held > 0
  }

  /**
   * The lines that end in `chunk`; the first begins with the held bytes. They are valid until the chunk is reused.
   * @throws InputRefusedError when a line is longer than 64 MiB
   */
  *split(chunk: Buffer): Generator<Buffer> {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end)
      start = end + 1
      const line = this.#held === 0 ? part : this.#joined(part)
      yield this.#isFirst ? this.#withoutMark(line) : line
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** Returns the last line, which has no newline. */
  takeLast(): Buffer {
    const line = this.#joined(Buffer.alloc(0))
    return this.#isFirst ? this.#withoutMark(line) : line
  }

  #withoutMark(first: Buffer): Buffer {
    this.#isFirst = false
    const hasMark = first.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    return hasMark ? first.subarray(BYTE_ORDER_MARK.length) : first
  }

  #hold(part: Buffer): void {
    if (this.#held < MAX_LINE_BYTES) this.#pieces.push(part)
    this.#held += part.length
    if (this.#held > LONGEST_LINE_BYTES)
      throw new InputRefusedError('has a line of more than 64 MiB, so it is not a file of posts')
  }

  #joined(last: Buffer): Buffer {
    this.#hold(last)
    const line = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#held = 0
    return line
  }
}

const CARRIAGE_RETURN = 13

/** Whether a line is empty. A line that ended in CR LF still holds the CR. */
export const isBlankLine = (line: Buffer): boolean =>
  line.length === 0 || (line.length === 1 && line[0] === CARRIAGE_RETURN)

/** Decodes a line. */
export const lineText = (line: Buffer): string => line.toString('utf8')
