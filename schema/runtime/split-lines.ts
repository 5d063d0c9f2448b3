const NEWLINE = 10
/** A longer line cannot be a post; only its beginning is kept. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Splits chunks into lines, one pass over the bytes, holding at most one line. A byte order mark in front of the first one
 * is dropped: editors put it there, and it is no part of any line.
 */
export class LineSplitter {
  #pieces: Buffer[] = []
  #held = 0
  #isFirst = true

  /** Whether bytes without a newline are left, as after a file's last line. */
  get pending(): boolean {
    return this.#held > 0
  }

  /** The complete lines of `chunk` with what was held before it; valid until the chunk is reused. */
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

  /** Hands over the line without a newline. */
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

/** Nothing, or what is left of an empty line that ended in CR LF. */
export const isBlankLine = (line: Buffer): boolean =>
  line.length === 0 || (line.length === 1 && line[0] === CARRIAGE_RETURN)

/** A line as text. */
export const lineText = (line: Buffer): string => line.toString('utf8')
