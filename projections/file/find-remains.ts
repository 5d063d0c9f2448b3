import { open } from 'node:fs/promises'

const CHUNK_PAGES = 256
const WINDOW_BYTES = 12
/** Needles are indexed by their first six bytes, so none is shorter. */
const PREFIX_BYTES = 6

/**
 * Searches the unused bytes of a SQLite file for texts that were deleted from it. `secure_delete` overwrites the
 * content of a row that is deleted. But when SQLite moves rows to make room for others, it leaves copies of them
 * between a page's list of cells and its cells (https://www.sqlite.org/fileformat2.html#b_tree_pages), and nowhere
 * else.
 */
export class RemainsSearch {
  /** Needles by their first bytes, each byte as one character. */
  readonly #needles = new Map<string, string[]>()

  /**
   * @param texts the texts as they are stored in the file. Any 23 consecutive bytes of a text are found for certain,
   *   and a shorter text as a whole. Texts of less than six bytes are not searched for
   */
  constructor(texts: Iterable<string>) {
    for (const text of texts) for (const needle of toNeedles(text)) this.#add(needle)
  }

  /**
   * Whether the file holds some of the texts. The file may be in use; its write-ahead log is not searched.
   * @throws errors of reading, and the signal's reason once it is aborted
   */
  async isIn(file: string, pageBytes: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#needles.size === 0) return false
    const chunk = Buffer.alloc(CHUNK_PAGES * pageBytes)
    await using handle = await open(file)
    for (let page = 0; ; page += CHUNK_PAGES) {
      signal?.throwIfAborted()
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, page * pageBytes)
      if (bytesRead === 0) return false
      for (let at = 0; at < bytesRead; at += pageBytes) {
        const gap = gapOf(chunk.subarray(at, at + pageBytes), page === 0 && at === 0)
        if (this.#isInGap(gap)) return true
      }
    }
  }

  #add(needle: string): void {
    const prefix = needle.slice(0, PREFIX_BYTES)
    const others = this.#needles.get(prefix)
    if (others === undefined) this.#needles.set(prefix, [needle])
    else others.push(needle)
  }

  #isInGap(gap: Buffer): boolean {
    if (gap.equals(ZEROS.subarray(0, gap.length))) return false
    const text = gap.toString('latin1')
    for (let at = 0; at + PREFIX_BYTES <= text.length; at++) {
      const candidates = this.#needles.get(text.slice(at, at + PREFIX_BYTES))
      if (candidates?.some((needle) => text.startsWith(needle, at)) === true) return true
    }
    return false
  }
}

/** As large as the largest page that SQLite allows. */
const ZEROS = Buffer.alloc(65_536)
const LEAF_HEADER_BYTES = 8
const HEADER_BYTES: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: LEAF_HEADER_BYTES, 13: LEAF_HEADER_BYTES }
/** The first page begins with the file's own header. */
const FILE_HEADER_BYTES = 100
const NO_GAP = Buffer.alloc(0)

/** The unused bytes between the cell pointers and the cells of a b-tree page; empty for other pages. */
function gapOf(page: Buffer, isFirst: boolean): Buffer {
  const at = isFirst ? FILE_HEADER_BYTES : 0
  const headerBytes = page.length > at + LEAF_HEADER_BYTES ? HEADER_BYTES[page[at]!] : undefined
  if (headerBytes === undefined) return NO_GAP
  const start = at + headerBytes + 2 * page.readUInt16BE(at + 3)
  const end = page.readUInt16BE(at + 5) || ZEROS.length
  return start < end && end <= page.length ? page.subarray(start, end) : NO_GAP
}

/**
 * Cuts a text into adjoining windows, the last of which ends with the text. Any long enough piece of the text contains
 * a whole window.
 */
function toNeedles(text: string): string[] {
  const bytes = Buffer.from(text).toString('latin1')
  if (bytes.length < PREFIX_BYTES) return []
  if (bytes.length <= WINDOW_BYTES) return [bytes]
  const needles = [bytes.slice(-WINDOW_BYTES)]
  for (let at = 0; at + WINDOW_BYTES <= bytes.length; at += WINDOW_BYTES) {
    needles.push(bytes.slice(at, at + WINDOW_BYTES))
  }
  return needles
}
