import type { JetStreamManager } from '@nats-io/jetstream'
import { connectNats } from '../../schema/runtime/nats.ts'
import { Progress, type ProgressOutput, type ProgressState } from '../../schema/runtime/progress.ts'
import type { SharedConfig } from '../../schema/runtime/shared-config.ts'
import { awaitReadModels, type AwaitLimits, type ReadModelOutcome } from './await-read-models.ts'
import { erasePosts, type EraseOptions, type ErasureReport, type PostToErase } from './erase-posts.ts'
import { readErasedBefore } from './erased-before.ts'
import type { SearchProgress } from './log-search.ts'
import { printReport } from './print-report.ts'
import type { EraseArguments } from './read-arguments.ts'
import { requireEraser } from './require-eraser.ts'

const POSTS_A_PASS = 50_000

export interface EraseCommand {
  readonly config: SharedConfig
  readonly arguments: EraseArguments
  readonly limits?: AwaitLimits
  /** The report goes to `output`, the progress to `progress`. */
  readonly output: ProgressOutput
  readonly progress: ProgressOutput
}

/** @returns whether every post is erased, or would be. @throws OperationalError when the log cannot be reached or changed */
export async function runErase(command: EraseCommand): Promise<boolean> {
  const { natsUrl: url, dataDir } = command.config
  await requireEraser({ url, dataDir })
  const connection = await connectNats({ url, user: 'eraser', name: 'erase', dataDir })
  try {
    const { ids, late, json } = command.arguments
    const posts = late ? await readErasedBefore(connection) : ids.map((id) => ({ id }))
    let readModels: ReadModelOutcome[] = []
    const untilApplied = async (jsm: JetStreamManager, recordedAt: number): Promise<void> => {
      readModels = await awaitReadModels(jsm, recordedAt, command.limits)
    }
    const report = await eraseAll(command, posts, { connection, untilApplied })
    command.output.write(json ? toJson(report, readModels) : printReport(report, readModels))
    return report.posts.every(({ outcome }) => outcome !== 'unknown')
  } finally {
    await connection.close()
  }
}

/** Many posts go in several passes, so that memory stays flat. */
async function eraseAll(
  { arguments: { reason, dryRun }, progress }: EraseCommand,
  posts: readonly PostToErase[],
  options: Pick<EraseOptions, 'connection' | 'untilApplied'>,
): Promise<ErasureReport> {
  return withProgress(progress, async (onProgress) => {
    let report: ErasureReport | undefined
    for (let at = 0; at === 0 || at < posts.length; at += POSTS_A_PASS) {
      const some = posts.slice(at, at + POSTS_A_PASS)
      const next = await erasePosts({ ...options, posts: some, reason, dryRun, onProgress })
      report = report === undefined ? next : mergeReports(report, next)
    }
    return report!
  })
}

function mergeReports(a: ErasureReport, b: ErasureReport): ErasureReport {
  return {
    posts: a.posts.concat(b.posts),
    recordedAt: a.recordedAt === null ? b.recordedAt : Math.max(a.recordedAt, b.recordedAt ?? 0),
    messagesRead: a.messagesRead + b.messagesRead,
    timings: {
      searchMs: a.timings.searchMs + b.timings.searchMs,
      recordMs: a.timings.recordMs + b.timings.recordMs,
      scorersMs: a.timings.scorersMs + b.timings.scorersMs,
      deleteMs: a.timings.deleteMs + b.timings.deleteMs,
      readModelsMs: a.timings.readModelsMs + b.timings.readModelsMs,
      totalMs: a.timings.totalMs + b.timings.totalMs,
    },
  }
}

const toJson = (report: ErasureReport, readModels: readonly ReadModelOutcome[]): string =>
  `${JSON.stringify({ ...report, readModels }, null, 2)}\n`

async function withProgress<T>(
  out: ProgressOutput,
  work: (onProgress: (progress: SearchProgress) => void) => Promise<T>,
): Promise<T> {
  const state: ProgressState = {
    file: '',
    size: undefined,
    read: 0,
    posts: 0,
    duplicates: 0,
    broken: 0,
    unit: 'messages',
  }
  using progress = new Progress(state, out)
  return await work(({ stream, read, total }) => {
    const file = `looking through ${stream}`
    const isNext = state.file !== file
    Object.assign(state, { file, size: total, posts: state.posts + read - (isNext ? 0 : state.read), read })
    if (isNext) progress.restartClock()
  })
}
