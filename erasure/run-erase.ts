import { existsSync } from 'node:fs'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../schema/decode-event.ts'
import { subjectPattern } from '../schema/events.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { Health } from '../schema/heartbeat.ts'
import type { ProblemReport } from '../schema/problems.ts'
import { blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import { connectNats, secretFile } from '../schema/runtime/nats.ts'
import { Progress, type ProgressOutput, type ProgressState } from '../schema/runtime/progress.ts'
import { parseServers } from '../schema/runtime/nats-servers.ts'
import { requireServer } from '../schema/runtime/require-server.ts'
import type { SharedConfig } from '../schema/runtime/shared-config.ts'
import { POSTS } from '../schema/streams.ts'
import { erasePosts, type ErasureReport, type PostToErase, type RecordedErasures } from './erase-posts.ts'
import type { SearchProgress } from './log-search.ts'
import type { EraseArguments } from './read-arguments.ts'
import { awaitReadModels, IS_APPLIED, IS_GONE } from './read-models.ts'
import { exitCodeOf, printReport } from './report.ts'
import { scanStream } from './scan-stream.ts'
import { awaitScorerLetters, deleteWaitingInput } from './waiting-letters.ts'

/** How many posts one pass over the log erases. The limit keeps memory flat. */
const POSTS_A_PASS = 50_000

export interface EraseCommand {
  readonly config: SharedConfig
  readonly arguments: EraseArguments
  /** The report is written here. */
  readonly output: ProgressOutput
  readonly progress: ProgressOutput
}

/** @returns the exit code. @throws OperationalError when the log cannot be reached, read or changed */
export async function runErase({ config, arguments: args, output, progress }: EraseCommand): Promise<number> {
  const { natsUrl: url, dataDir } = config
  await requireEraser(url, dataDir)
  const connection = await connectNats({ url, user: 'eraser', name: 'erase', dataDir })
  try {
    const posts = args.late ? await readErasedBefore(connection) : args.ids.map((id) => ({ id }))
    const { report, recorded } = await eraseAll(posts, { connection, dataDir, args, progress })
    const readModels = recorded === undefined ? [] : await awaitReadModels(dataDir, recorded, IS_GONE)
    const json = (): string => `${JSON.stringify({ ...report, readModels }, null, 2)}\n`
    output.write(args.json ? json() : printReport(report, readModels))
    return exitCodeOf(report, readModels)
  } finally {
    await connection.close()
  }
}

interface EraseAllOptions {
  readonly connection: NatsConnection
  readonly dataDir: string
  readonly args: EraseArguments
  readonly progress: ProgressOutput
}

/** @returns the report, and the erasures of the last pass, which read models apply after all others */
async function eraseAll(
  posts: readonly PostToErase[],
  { connection, dataDir, args: { reason, dryRun }, progress }: EraseAllOptions,
): Promise<{ readonly report: ErasureReport; readonly recorded: RecordedErasures | undefined }> {
  using bar = new SearchProgressBar(progress)
  const onProgress = (now: SearchProgress): void => bar.show(now)
  const publishing = { dataDir, onBlocked: blockedReporter(new Health(), (problem) => bar.tell(problem)) }
  const reports: ErasureReport[] = []
  let recorded: RecordedErasures | undefined
  const untilApplied = async (erasures: RecordedErasures): Promise<void> => {
    await Promise.all([
      awaitReadModels(dataDir, (recorded = erasures), IS_APPLIED),
      awaitScorerLetters(dataDir, erasures),
    ])
  }
  if (!dryRun) await deleteWaitingInput(dataDir, new Set(posts.map(({ id }) => id)))
  for (let at = 0; at === 0 || at < posts.length; at += POSTS_A_PASS) {
    const some = posts.slice(at, at + POSTS_A_PASS)
    reports.push(await erasePosts({ connection, posts: some, reason, dryRun, untilApplied, onProgress, publishing }))
  }
  return { report: mergeReports(reports), recorded }
}

/**
 * Checks that the server accepts the user `eraser`, by one connection.
 * @throws OperationalError when nothing answers, the credentials are refused, or the server does not know this user
 */
async function requireEraser(url: string, dataDir: string): Promise<void> {
  const has = (user: 'eraser' | 'projector'): boolean => existsSync(secretFile(dataDir, user))
  // npm start creates a secret for each user of its server. A URL with credentials needs none of them.
  if (parseServers(url).credentials === undefined && has('projector') && !has('eraser')) {
    throw new OperationalError(
      'This NATS server has no user that may erase posts. Stop it and run npm start once, then run this again.',
    )
  }
  await requireServer({ url, user: 'eraser', dataDir })
}

/** The posts of all PostErased events in the log, each once. */
async function readErasedBefore(connection: NatsConnection): Promise<PostToErase[]> {
  const posts = new Map<string, PostToErase>()
  await scanStream({
    connection,
    jsm: await jetstreamManager(connection),
    stream: POSTS,
    filter: subjectPattern('PostErased'),
    start: { after: 0 },
    onMessage: ({ data, subject, info }) => {
      const event = decodeValidEvent(data, subject, info.timestampNanos / 1e6)
      if (event?.type !== 'PostErased' || posts.has(event.post_id)) return
      const { post_id: id, subreddit, created_utc: createdUtc } = event
      posts.set(id, { id, subreddit, createdUtc })
    },
  })
  return [...posts.values()]
}

function mergeReports(reports: readonly ErasureReport[]): ErasureReport {
  const sum = (of: (report: ErasureReport) => number): number => reports.reduce((total, next) => total + of(next), 0)
  return {
    posts: reports.flatMap(({ posts }) => posts),
    recordedAt: reports.map(({ recordedAt }) => recordedAt).reduce((a, b) => Math.max(a ?? 0, b ?? 0) || null),
    messagesRead: sum(({ messagesRead }) => messagesRead),
    timings: {
      searchMs: sum(({ timings }) => timings.searchMs),
      scorersMs: sum(({ timings }) => timings.scorersMs),
      readModelsMs: sum(({ timings }) => timings.readModelsMs),
      totalMs: sum(({ timings }) => timings.totalMs),
    },
  }
}

class SearchProgressBar implements Disposable {
  readonly #state: ProgressState = {
    file: '',
    size: undefined,
    read: 0,
    posts: 0,
    duplicates: 0,
    broken: 0,
    unit: 'messages',
  }
  readonly #bar: Progress

  constructor(out: ProgressOutput) {
    this.#bar = new Progress(this.#state, out)
  }

  /** Prints why erasures cannot be recorded. The command waits until they can be. */
  tell(problem: ProblemReport | undefined): void {
    this.#state.waiting = problem && 'waiting'
    this.#bar.say(problem === undefined ? 'Publishing continues.' : `${problem.what} ${problem.remedy}`)
  }

  show({ stream, read, total }: SearchProgress): void {
    const file = `searching ${stream}`
    const isNext = this.#state.file !== file
    const posts = this.#state.posts + read - (isNext ? 0 : this.#state.read)
    Object.assign(this.#state, { file, size: total, posts, read })
    if (isNext) this.#bar.restartClock()
  }

  [Symbol.dispose](): void {
    this.#bar[Symbol.dispose]()
  }
}
