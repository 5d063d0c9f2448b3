import type { NatsConnection } from '@nats-io/transport-node'
import { decompress } from '../../../schema/runtime/decompress.ts'
import { EventRejectedError, LogMismatchError, OperationalError } from '../../../schema/runtime/errors.ts'
import { blockedReporter } from '../../../schema/runtime/blocked-reporter.ts'
import { DurablePublisher, type PublisherOptions } from '../../../schema/runtime/publish.ts'
import { describeInputFailure } from '../../../schema/runtime/input-failure.ts'
import { requirePosts } from '../../../schema/runtime/require-posts.ts'
import { counted, fileSize, inputName, readFileBytes } from '../../../schema/runtime/input-file.ts'
import { isBlankLine, LineSplitter, lineText } from '../../../schema/runtime/split-lines.ts'
import type { Outbox } from '../../../schema/outbox/outbox.ts'
import type { DumpSource } from '../../config.ts'
import type { Health } from '../../../schema/heartbeat.ts'
import type { ProblemCode } from '../../../schema/problems.ts'
import { Positions } from '../../position.ts'
import { PostsPublisher } from '../../posts-publisher.ts'
import { count, Progress, type ProgressState, type ProgressOutput } from '../../../schema/runtime/progress.ts'
import { toPostEvent, wasDeletedLater } from '../../to-post-event.ts'
import { BrokenLines } from './broken-lines.ts'
import { followFile, positionKey } from './file.ts'

const SAVE_INTERVAL_MS = 1_000
/** What the progress bar shows while an import waits. It is one line, so the texts are short. */
const WAITS_FOR: Partial<Record<ProblemCode, string>> = {
  'disk-full': 'waiting for room on the disk',
  'stream-full': 'waiting until the limit is raised',
  'log-not-writable': 'waiting until the NATS server stores posts',
}

export interface ImportOptions {
  readonly connection: NatsConnection
  readonly source: DumpSource
  /** Keeps the broken lines until DEAD has them. */
  readonly letters: Outbox
  readonly output: ProgressOutput
  /** DATA_DIR, whose disk may also hold the log. */
  readonly dataDir: string
  readonly health: Health
  /** Stops the import when it is aborted. What was read until then is stored, and the position is kept. */
  readonly signal: AbortSignal
}

export interface ImportSummary extends ProgressState {
  /** Posts left out because they were deleted on Reddit after they had been archived. */
  deletedLater: number
  /** Posts left out because they belong to other subreddits. */
  filtered: number
  /** Lines that an earlier run had already read. */
  resumed: number
  stopped: boolean
}

/**
 * Imports files one after another.
 * @throws OperationalError for a broken or truncated archive, and for a file that is no dump; everything read before is stored
 */
export async function importDumps(options: ImportOptions): Promise<ImportSummary> {
  const { connection, source, letters, output, signal } = options
  const summary = emptySummary()
  const progress = new Progress(summary, output)
  const publishing = toPublishing(options, summary, progress)
  try {
    const onDiscarded = (_: string, reason: string): void =>
      progress.say(`${reason} since the last run: reading ${summary.file} from its beginning`)
    const positions = await Positions.open(connection, onDiscarded, publishing)
    for (const file of source.files) {
      if (signal.aborted) break
      const publisher = new PostsPublisher(new DurablePublisher(connection, publishing), letters)
      await new FileImport({ ...options, file, positions, publisher, progress, summary }).run()
    }
  } finally {
    progress[Symbol.dispose]()
  }
  summary.stopped = signal.aborted
  output.write(`${describe(summary, progress.seconds)}\n`)
  const waiting = signal.aborted ? undefined : await letters.flush()
  if (waiting !== undefined) output.write(`${waiting} A running system and any later import send them.\n`)
  return summary
}

/** Makes the import wait while posts cannot be stored, and its progress bar say why. */
function toPublishing({ dataDir, health }: ImportOptions, state: ProgressState, progress: Progress): PublisherOptions {
  const onBlocked = blockedReporter(health, (problem) => {
    state.waiting = problem && WAITS_FOR[problem.code]
    progress.say(problem === undefined ? 'Publishing continues.' : `${problem.what} ${problem.remedy}`)
  })
  return { dataDir, onBlocked }
}

function emptySummary(): ImportSummary {
  const state = { file: '', size: undefined, read: 0, posts: 0, duplicates: 0, broken: 0 }
  return { ...state, deletedLater: 0, filtered: 0, resumed: 0, stopped: false }
}

function describe(summary: ImportSummary, seconds: number): string {
  const { posts, duplicates, broken, deletedLater, filtered } = summary
  const rate = Math.round((posts + duplicates) / Math.max(seconds, 0.001))
  const extra = [
    deletedLater > 0 ? `${count(deletedLater)} deleted later` : '',
    filtered > 0 ? `${count(filtered)} of other subreddits` : '',
  ]
  const parts = [`${count(posts)} posts published`, `${count(duplicates)} duplicates`, `${count(broken)} broken`]
  const all = [...parts, ...extra.filter(Boolean), `${seconds.toFixed(1)} s`, `${count(rate)} posts/s`]
  return `${summary.stopped ? 'Stopped' : 'Done'}: ${all.join(', ')}`
}

interface FileImportOptions extends ImportOptions {
  readonly file: string
  readonly positions: Positions
  readonly publisher: PostsPublisher
  readonly progress: Progress
  readonly summary: ImportSummary
}

interface FilePosition {
  readonly file: string
  /** All posts of this many lines are stored. */
  readonly lines: number
  /** How many bytes had been read by then, which are more than those of the lines. */
  readonly bytes?: number
}

/** Imports one file: it reads lines, publishes posts, and keeps its position, which is a number of lines. */
class FileImport {
  readonly #options: FileImportOptions
  readonly #name: string
  readonly #before: { posts: number; duplicates: number }
  #key: string | undefined
  /** Identifies standard input in dead letters, because it has no key. */
  readonly #run = crypto.randomUUID()
  #line = 0
  #skip = 0
  #broken: BrokenLines | undefined
  #savedMs = performance.now()
  #saving: Promise<void> = Promise.resolve()
  #saved = 0
  #mismatch: LogMismatchError | undefined

  constructor(options: FileImportOptions) {
    this.#options = options
    this.#name = inputName(options.file)
    this.#before = { posts: options.summary.posts, duplicates: options.summary.duplicates }
  }

  async run(): Promise<void> {
    const { file, source, summary, progress, positions, signal } = this.#options
    Object.assign(summary, { file: this.#name, read: 0, size: source.follow ? undefined : await fileSize(file) })
    progress.restartClock()
    this.#key = await positionKey(file, source)
    const stored = this.#key === undefined ? undefined : await positions.read<FilePosition>(this.#key)
    // A followed file that was emptied and written again keeps its inode, but is shorter than before.
    const isSame = stored !== undefined && !(source.follow && ((await fileSize(file)) ?? 0) < (stored.bytes ?? 0))
    if (stored !== undefined && !isSame)
      progress.say(`${this.#name} is shorter than at the last run: reading it from its beginning`)
    this.#skip = this.#saved = isSame ? stored.lines : 0
    if (this.#skip > 0) progress.say(`${this.#name}: continuing after line ${count(this.#skip)}`)
    const { publisher } = this.#options
    this.#broken = new BrokenLines(this.#name, this.#skip > 0, (letter, line) => publisher.addDead(letter, line))
    try {
      await this.#read()
    } catch (error) {
      await this.#failed(error)
    }
    await this.#settle()
    if (!signal.aborted) return void (this.#key !== undefined && (await positions.forget(this.#key)))
    const how = this.#key === undefined ? '' : '; run the same command again to continue from there'
    progress.say(`${this.#name}: stopped after line ${count(this.#line)}${how}`)
  }

  async #read(): Promise<void> {
    const { signal, publisher } = this.#options
    const splitter = new LineSplitter()
    try {
      for await (const chunk of this.#bytes()) {
        for (const line of splitter.split(chunk)) {
          this.#take(line)
          if (publisher.full) await publisher.room()
          if (signal.aborted) return
        }
        this.#tick()
      }
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    if (splitter.pending && !signal.aborted) this.#take(splitter.takeLast())
    if (!signal.aborted) this.#broken!.end()
  }

  #bytes(): AsyncIterable<Buffer> {
    const { file, source, signal } = this.#options
    return source.follow
      ? requirePosts(this.#flushed(followFile(file, signal)))
      : requirePosts(decompress(this.#counted(readFileBytes(file, signal)), source))
  }

  #counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    return counted(chunks, (bytes) => (this.#options.summary.read += bytes))
  }

  /** Publishes after every chunk, because a followed file may not grow for a long time. */
  async *#flushed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of this.#counted(chunks)) {
      yield chunk
      this.#options.publisher.flush()
    }
  }

  #take(line: Buffer): void {
    this.#line++
    if (this.#line <= this.#skip) return void this.#options.summary.resumed++
    if (isBlankLine(line)) return this.#passBlank()
    try {
      this.#publish(line)
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      this.#reject(line, error.message)
    }
  }

  /** The position must not move over broken lines whose letters are held back: a later run reads them again. */
  #passBlank(): void {
    if (!this.#broken!.isHolding) this.#options.publisher.pass(this.#line)
  }

  #publish(line: Buffer): void {
    const { publisher, source, summary } = this.#options
    const submission = parse(line)
    if (wasDeletedLater(submission)) {
      this.#broken!.notePost()
      summary.deletedLater++
      return publisher.pass(this.#line)
    }
    const event = toPostEvent(submission, 'dump', Date.now())
    this.#broken!.notePost()
    if (source.subreddits !== undefined && !source.subreddits.has(event.subreddit.toLowerCase())) {
      summary.filtered++
      return publisher.pass(this.#line)
    }
    if (!publisher.add(event, this.#line))
      throw new EventRejectedError(`longer than ${publisher.maxMessageBytes} bytes`)
  }

  #reject(line: Buffer, reason: string): void {
    this.#options.summary.broken++
    const headers = { 'Gravitas-Source': 'dump', 'Gravitas-File': this.#name, 'Gravitas-Line': String(this.#line) }
    const origin = this.#key ?? this.#run
    this.#broken!.add(this.#line, { origin, position: this.#line, reason, data: line, headers })
  }

  #tick(): void {
    this.#count()
    if (this.#mismatch !== undefined) throw this.#mismatch
    if (performance.now() - this.#savedMs < SAVE_INTERVAL_MS) return
    this.#savedMs = performance.now()
    this.#saving = this.#saving.then(() => this.#save()).catch((error: unknown) => this.#notSaved(error))
  }

  /** A position that is not saved costs only time, unless the posts before it are missing. */
  #notSaved(error: unknown): void {
    if (error instanceof LogMismatchError) this.#mismatch = error
  }

  #count(): void {
    const { publisher, summary } = this.#options
    summary.posts = this.#before.posts + publisher.counts.published
    summary.duplicates = this.#before.duplicates + publisher.counts.duplicates
  }

  async #save(): Promise<void> {
    const { positions, publisher, summary } = this.#options
    const lines = publisher.acknowledged
    if (this.#key === undefined || lines <= this.#saved) return
    const position: FilePosition = { file: this.#name, lines, bytes: summary.read }
    await positions.save(this.#key, position)
    this.#saved = lines
  }

  /** Waits until everything is stored, and saves the position. */
  async #settle(): Promise<void> {
    try {
      await this.#options.publisher.drain()
    } finally {
      this.#count()
      await this.#saving
      await this.#options.positions.requireSameLog()
      await this.#save()
    }
  }

  async #failed(error: unknown): Promise<never> {
    await this.#settle()
    const { summary } = this.#options
    const what = describeInputFailure(error)
    if (what === undefined) throw error
    const extent = `${count(summary.posts + summary.duplicates)} posts, ${count(this.#line)} lines, ${count(summary.read)} bytes`
    const where = this.#line === 0 ? '' : ` It was read up to ${extent}. Everything up to there is stored.`
    throw new OperationalError(`${this.#name} ${what}.${where}`, { cause: error })
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(lineText(line))
  } catch (cause) {
    throw new EventRejectedError('not JSON', { cause })
  }
}
