import { stat } from 'node:fs/promises'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { describeInputFailure } from '../../schema/runtime/input-failure.ts'
import { fileSize, findInputProblem, inputName, STANDARD_STREAM } from '../../schema/runtime/input-file.ts'
import { count, Progress, type ProgressState, type ProgressOutput } from '../../schema/runtime/progress.ts'
import { readLines } from '../../schema/runtime/read-lines.ts'
import { isBlankLine } from '../../schema/runtime/split-lines.ts'
import { parseInputPost, type InputPost } from './input-post.ts'
import type { ScoringModel } from '../models/scoring-model.ts'
import { incompleteFile, openOutput, type OutputFile } from './output-file.ts'
import { scoreEach, UnscorablePostError } from '../models/score-each.ts'

const BATCH_POSTS = 1_000
const MAX_BROKEN_LINES_SHOWN = 5

export interface ScoreFileOptions {
  readonly model: ScoringModel
  /** The file of posts: NDJSON, plain, gzip or zstd; `-` for standard input. */
  readonly input: string
  /** Allows zstd files that take up to 2.2 GB of memory. */
  readonly long?: boolean
  /** The file for the scores, which is replaced when all are written; `-` for standard output. */
  readonly output: string
  /** Where progress is shown. */
  readonly progress: ProgressOutput
}

/**
 * Scores a file of posts: writes a line `{"id","seriousness"}` for each post, in their order. Lines that are not posts,
 * and posts that the scoring model cannot score, are named, counted and skipped.
 * @throws OperationalError when the input cannot be read to its end, the output cannot be written, or the scoring model
 *   does not work. The scores before the failure are kept in a file beside the output, which is not changed
 */
export async function scoreFile(options: ScoreFileOptions): Promise<ProgressState> {
  const { model, input, long = false, output, progress: shown } = options
  const state = { file: inputName(input), size: await sizeOf(input), read: 0, posts: 0, duplicates: 0, broken: 0 }
  if ((await isSameFile(input, output)) || (await isSameFile(input, incompleteFile(output))))
    throw new OperationalError(
      `--in and --out are the same file, which would be lost: ${output}. Name another for --out.`,
    )
  const out = await openOutput(output)
  using progress = new Progress(state, shown)
  try {
    await new FileScoring({ model, input, long, out, progress, state }).run()
  } catch (error) {
    const kept = await out.abandon()
    if (kept !== undefined) progress.say(`The scores so far are in ${kept}.`)
    throw error
  }
  await out.end()
  progress.say(describe(state, progress.seconds))
  return state
}

interface FileScoringOptions {
  readonly model: ScoringModel
  readonly input: string
  readonly long: boolean
  readonly out: OutputFile
  readonly progress: Progress
  readonly state: ProgressState
}

interface NumberedPost extends InputPost {
  readonly line: number
}

/** Scores one file, batch by batch. */
class FileScoring {
  readonly #options: FileScoringOptions
  #batch: NumberedPost[] = []
  #line = 0

  constructor(options: FileScoringOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { input, long, state } = this.#options
    const lines = readLines(input, { long, postsOnly: true, onRead: (read) => (state.read += read) })
    try {
      for (;;) {
        const { value, done } = await this.#next(lines)
        if (done === true) break
        this.#line++
        if (!isBlankLine(value)) this.#take(value)
        if (this.#batch.length === BATCH_POSTS) await this.#flush()
      }
      await this.#flush()
    } finally {
      await lines.return(undefined)
    }
  }

  /** Reads in a function of its own, so that only a failure to read is reported as one. */
  async #next(lines: AsyncGenerator<Buffer>): Promise<IteratorResult<Buffer>> {
    try {
      return await lines.next()
    } catch (error) {
      await this.#flush()
      throw readFailure(error, this.#options.state.file, this.#line)
    }
  }

  #take(bytes: Buffer): void {
    const post = parseInputPost(bytes)
    if (typeof post === 'string') this.#passOver(this.#line, post)
    else this.#batch.push({ ...post, line: this.#line })
  }

  async #flush(): Promise<void> {
    const posts = this.#batch
    this.#batch = []
    const scores = await this.#score(posts)
    const lines = posts.map(({ id, line }, index) => {
      const seriousness = scores[index]
      if (!(seriousness instanceof UnscorablePostError)) return `${JSON.stringify({ id, seriousness })}\n`
      this.#passOver(line, seriousness.message)
      return ''
    })
    await this.#options.out.write(lines.join(''))
    this.#options.state.posts += lines.filter((line) => line !== '').length
  }

  async #score(posts: readonly NumberedPost[]): Promise<Awaited<ReturnType<typeof scoreEach>>> {
    const { model, state } = this.#options
    try {
      return await scoreEach(model, posts)
    } catch (cause) {
      const before = (posts[0]?.line ?? 1) - 1
      throw new OperationalError(
        `The scoring model ${model.name} failed: ${(cause as Error).message}. ${state.file} is scored and written up to line ${before}.`,
        { cause },
      )
    }
  }

  #passOver(line: number, reason: string): void {
    const { state, progress } = this.#options
    state.broken++
    if (state.broken <= MAX_BROKEN_LINES_SHOWN) progress.say(`${state.file}, line ${line}: ${reason}`)
  }
}

function describe({ posts, broken }: ProgressState, seconds: number): string {
  const rate = Math.round(posts / Math.max(seconds, 0.001))
  return `Done: ${count(posts)} posts scored, ${count(broken)} broken lines, ${seconds.toFixed(1)} s, ${count(rate)} posts/s`
}

async function sizeOf(path: string): Promise<number | undefined> {
  const problem = findInputProblem(path)
  if (problem !== undefined) throw new OperationalError(`${problem}; --in takes one file of posts.`)
  return await fileSize(path)
}

/** Whether two paths lead to the same file, also through links. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  if (one === STANDARD_STREAM || other === STANDARD_STREAM) return false
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)))
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino
}

function readFailure(error: unknown, file: string, line: number): Error {
  const how = describeInputFailure(error) ?? `cannot be read: ${(error as Error).message}`
  const where = line === 0 ? '' : ` It was read and scored up to line ${line}.`
  return new OperationalError(`${file} ${how}.${where}`, { cause: error })
}
