import { jetstreamManager } from '@nats-io/jetstream'
import { connectNats } from '../../schema/runtime/nats.ts'
import { Progress, type ProgressOutput, type ProgressState } from '../../schema/runtime/progress.ts'
import { requireServer } from '../../schema/runtime/require-server.ts'
import type { SharedConfig } from '../../schema/runtime/shared-config.ts'
import { awaitReadModels, type AwaitLimits, type ReadModelOutcome } from './await-read-models.ts'
import { erasePosts, type ErasureReport } from './erase-posts.ts'
import type { SearchProgress } from './log-search.ts'
import { printReport } from './print-report.ts'
import type { EraseArguments } from './read-arguments.ts'

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
  await requireServer({ url, user: 'eraser', dataDir })
  const connection = await connectNats({ url, user: 'eraser', name: 'erase', dataDir })
  try {
    const { ids, reason, dryRun, json } = command.arguments
    const report = await withProgress(command.progress, (onProgress) =>
      erasePosts({ connection, posts: ids.map((id) => ({ id })), reason, dryRun, onProgress }),
    )
    const waits = !dryRun && report.recordedAt !== null
    const jsm = await jetstreamManager(connection)
    const readModels = waits ? await awaitReadModels(jsm, report.recordedAt, command.limits) : []
    command.output.write(json ? toJson(report, readModels) : printReport(report, readModels))
    return report.posts.every(({ outcome }) => outcome !== 'unknown')
  } finally {
    await connection.close()
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
