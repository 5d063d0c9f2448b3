import { InputRefusedError } from './input-failure.ts'
import { parseJson } from './parse-json.ts'
import { isBlankLine, LineSplitter, lineText } from './split-lines.ts'

/** A file of posts may begin with a few damaged lines, but not with so many. */
const LINES_TRIED = 10
/** The most bytes that are held until a JSON object is found. */
const MAX_HELD_BYTES = 64 * 2 ** 20

/**
 * Passes on the decompressed bytes of a file once one of its first lines is a JSON object. So nothing of a file that was
 * named by mistake, such as a list of passwords, is stored or shown, and it has no dead letter.
 * @throws InputRefusedError when none of the first 10 lines is a JSON object
 */
export async function* requirePosts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const beginning = new Beginning()
  for await (const chunk of chunks) {
    if (beginning.isOfPosts) yield chunk
    else yield* beginning.add(chunk)
  }
  if (!beginning.isOfPosts) yield* beginning.end()
}

/** Holds the first bytes of a file until they are known to be posts. */
class Beginning {
  readonly #splitter = new LineSplitter()
  #held: Buffer[] = []
  #bytes = 0
  #lines = 0
  isOfPosts = false

  /** @returns the held bytes, once a line is a JSON object */
  add(chunk: Buffer): Buffer[] {
    this.#held.push(chunk)
    this.#bytes += chunk.length
    for (const line of this.#splitter.split(chunk)) if (this.#try(line)) return this.#release()
    if (this.#bytes > MAX_HELD_BYTES) throw refusal('64 MiB hold no JSON object')
    return []
  }

  end(): Buffer[] {
    if (this.#splitter.pending) this.#try(this.#splitter.takeLast())
    if (!this.isOfPosts && this.#lines > 0) throw refusal('lines are not JSON objects')
    return this.#release()
  }

  #try(line: Buffer): boolean {
    if (isBlankLine(line)) return false
    const json = parseJson(lineText(line))
    this.isOfPosts = typeof json === 'object' && json !== null && !Array.isArray(json)
    if (!this.isOfPosts && ++this.#lines === LINES_TRIED) throw refusal(`${LINES_TRIED} lines are not JSON objects`)
    return this.isOfPosts
  }

  #release(): Buffer[] {
    const held = this.#held
    this.#held = []
    return held
  }
}

const refusal = (what: string): InputRefusedError =>
  new InputRefusedError(`is not a file of posts: its first ${what}. Nothing of it was used`)
