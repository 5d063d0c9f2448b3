import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import { OperationalError } from '../schema/runtime/errors.ts'
import { fileSize, inputName, STANDARD_STREAM } from '../schema/runtime/input-file.ts'
import { count, Progress, type ProgressState, type ProgressOutput } from '../schema/runtime/progress.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { isBlankLine, lineText } from '../schema/runtime/split-lines.ts'
import type { TextPost } from './features.ts'
import type { Model } from './model.ts'

const BATCH_POSTS = 1_000
const MAX_BROKEN_LINES_SHOWN = 5

export interface ScoreFileOptions {
  readonly model: Model
  /** NDJSON posts, plain, gzip or zstd; `-` for standard input. */
  readonly input: string
  /** A file that is written anew; `-` for standard output. */
  readonly output: string
  /** Where progress is shown. */
  readonly progress: ProgressOutput
}

interface InputPost extends TextPost {
  readonly id: string
}

/**
 * Scores a file of posts: a line `{"id","seriousness"}` for each post, in their order. Lines that are no posts are named,
 * counted and passed over.
 * @throws OperationalError when the input cannot be read to its end or the output not be written; lines up to there are written
 */
export async function scoreFile(options: ScoreFileOptions): Promise<ProgressState> {
  const { model, input, output } = options
  const state: ProgressState = {
    file: inputName(input),
    size: await sizeOf(input),
    read: 0,
    posts: 0,
    duplicates: 0,
    broken: 0,
  }
  if (await isSameFile(input, output))
    throw new OperationalError(
      `--in and --out are the same file, which would be lost: ${output}. Name another for --out.`,
    )
  const out = await openOutput(output)
  using progress = new Progress(state, options.progress)
  let batch: InputPost[] = []
  let line = 0
  const flush = async (): Promise<void> => {
    const posts = batch
    batch = []
    const seriousness = await model.score(posts)
    await out.write(
      posts.map(({ id }, index) => `${JSON.stringify({ id, seriousness: seriousness[index] })}\n`).join(''),
    )
    state.posts += posts.length
  }
  try {
    for await (const bytes of readLines(input, (read) => (state.read += read))) {
      line++
      if (isBlankLine(bytes)) continue
      const post = parsePost(bytes, line === 1)
      if (typeof post === 'string') {
        state.broken++
        if (state.broken <= MAX_BROKEN_LINES_SHOWN) progress.say(`${state.file}, line ${line}: ${post}`)
      } else if (batch.push(post) === BATCH_POSTS) await flush()
    }
    await flush()
  } catch (error) {
    // Of writing: its message says all.
    if (error instanceof OperationalError) throw error
    await flush()
    throw readFailure(error, state.file, line)
  } finally {
    await out.end()
  }
  progress.say(describe(state, progress.seconds))
  return state
}

function describe({ posts, broken }: ProgressState, seconds: number): string {
  const rate = Math.round(posts / Math.max(seconds, 0.001))
  return `Done: ${count(posts)} posts scored, ${count(broken)} broken lines, ${seconds.toFixed(1)} s, ${count(rate)} posts/s`
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    if (path !== STANDARD_STREAM && (await stat(path)).isDirectory())
      throw new OperationalError(`${path} is a folder; --in takes one file.`)
    return await fileSize(path)
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause
    throw new OperationalError(`Cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Whether two paths lead to one file, by whatever links and spellings. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  if (one === STANDARD_STREAM || other === STANDARD_STREAM) return false
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)))
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino
}

/** A post as a dump, the API or this system's own events have it; in words, what is wrong with it. */
function parsePost(line: Buffer, isFirst: boolean): InputPost | string {
  let json: unknown
  try {
    json = JSON.parse(lineText(line, isFirst))
  } catch (error) {
    return `not JSON (${(error as Error).message})`
  }
  if (typeof json !== 'object' || json === null) return 'not a JSON object'
  const { id, title, selftext } = json as { id?: unknown; title?: unknown; selftext?: unknown }
  if (typeof id !== 'string' || id === '') return '"id" has to be a string'
  if (typeof title !== 'string') return '"title" has to be a string'
  return { id, title, selftext: typeof selftext === 'string' ? selftext : null }
}

function readFailure(error: unknown, file: string, line: number): Error {
  const { code, message } = error as NodeJS.ErrnoException
  const how = code === 'Z_BUF_ERROR' ? 'the archive is cut off' : message
  return new OperationalError(`${file}: ${how}, after line ${line}. What came before is scored and written.`, {
    cause: error,
  })
}

interface Output {
  write(text: string): Promise<void>
  end(): Promise<void>
}

async function openOutput(path: string): Promise<Output> {
  const explain = (cause: Error): never => {
    throw new OperationalError(
      `Cannot write ${path === STANDARD_STREAM ? 'to standard output' : path}: ${cause.message}`,
      {
        cause,
      },
    )
  }
  if (path === STANDARD_STREAM) {
    // Each write reports its own failure; without a listener the first would end the process.
    process.stdout.on('error', () => {})
    return { write: (text) => writeAll(process.stdout, text).catch(explain), end: async () => {} }
  }
  const stream = createWriteStream(path)
  await new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject)).catch(
    explain,
  )
  stream.on('error', () => {})
  return {
    write: (text) => writeAll(stream, text).catch(explain),
    end: async () => {
      stream.end()
      await finished(stream).catch(explain)
    },
  }
}

const writeAll = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())))
