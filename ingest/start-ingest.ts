import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Health } from '../schema/heartbeat.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { startProcess } from '../schema/runtime/start-process.ts'
import { Outbox } from '../schema/outbox/outbox.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { POSTS } from '../schema/streams.ts'
import type { DumpSource, IngestConfig, NoSource } from './config.ts'
import { realWorld, type World } from './http/world.ts'
import { blockedLogger, blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import type { PublisherOptions } from '../schema/runtime/publish.ts'
import type { ProgressOutput } from '../schema/runtime/progress.ts'
import { startDemo } from './sources/demo.ts'
import { importDumps, type ImportSummary } from './sources/dump/import.ts'
import { createSource } from './sources/create-source.ts'
import type { PostLog } from './sources/live/post-log.ts'
import { startSource } from './sources/live/start-source.ts'
import { LogErasures } from './sources/reddit/deletions/log-erasures.ts'
import { LogPosts } from './sources/reddit/deletions/log-posts.ts'

export interface IngestService extends Service {
  /** Resolves when there is nothing more to read (a dump's with its summary); rejects when reading failed. */
  readonly finished: Promise<ImportSummary | undefined>
}

const SILENT: ProgressOutput = { write: () => true }
/** How long a stop waits for posts that are being stored. The server may be away, and the next start reads those posts again. */
const STOP_GRACE_MS = 4_000

/** Starts a source. A dump ends by itself, the others run until they are disposed. */
export async function startIngest(
  config: IngestConfig,
  logger: Logger,
  output: ProgressOutput = SILENT,
  world: World = realWorld,
): Promise<IngestService> {
  const { source } = config
  if (source.kind === 'none') return { ...outcome(Promise.resolve(undefined)), [Symbol.asyncDispose]: async () => {} }
  const { dataDir } = config
  const stack = new AsyncDisposableStack()
  const name = (): string => `ingest ${source.kind}`
  let running: Running | undefined
  const service = await startProcess({ user: 'ingest', name, config, logger }, stack, async (parts) => {
    await requireStream(parts.jsm, POSTS)
    const letters = stack.use(new Outbox({ ...parts, process: 'ingest', dataDir, logger }))
    letters.start()
    const started = await startRunning(source, { ...parts, dataDir, letters, logger, output, world })
    stack.defer(() => withinGrace(started[Symbol.asyncDispose](), logger))
    running = started
    started.failed.catch(parts.fail)
  })
  return { ...service, finished: running?.finished ?? service.failed }
}

interface RunningParts {
  readonly connection: NatsConnection
  readonly dataDir: string
  readonly letters: Outbox
  readonly logger: Logger
  readonly output: ProgressOutput
  readonly world: World
  readonly health: Health
}

type Running = Service & Partial<Pick<IngestService, 'finished'>>

async function startRunning(source: Exclude<IngestConfig['source'], NoSource>, parts: RunningParts): Promise<Running> {
  const { connection, dataDir, letters, logger, health, world } = parts
  if (source.kind === 'dump') return startDump(source, parts)
  const publishing = { dataDir, onBlocked: blockedReporter(health, blockedLogger(logger)) }
  if (source.kind === 'demo') return startDemo(source, connection, letters, logger, publishing)
  const postLog = source.kind === 'reddit' ? await openPostLog(connection, publishing) : undefined
  const live = createSource(source, logger, world, health)
  return startSource({ source: live, connection, letters, logger, health, postLog, publishing })
}

/** Opens the stored posts for the check for deletions, and the log in which that check records erasures. */
async function openPostLog(connection: NatsConnection, publishing: PublisherOptions): Promise<PostLog> {
  return { stored: await LogPosts.open(connection), erasures: new LogErasures(connection, publishing) }
}

function startDump(source: DumpSource, parts: RunningParts): IngestService {
  const stop = new AbortController()
  const finished = importDumps({ ...parts, source, signal: stop.signal })
  return {
    ...outcome(finished),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await finished.catch(() => {})
    },
  }
}

/** Waits until a source has stopped, but not longer than the grace period. */
async function withinGrace(stopped: PromiseLike<unknown>, logger: Logger): Promise<void> {
  const late = new AbortController()
  const grace = pause(STOP_GRACE_MS, 'late', { signal: late.signal }).catch(() => {})
  const first = await Promise.race([stopped, grace])
  late.abort()
  if (first === 'late') logger.warn('stopped before all posts were stored; the next start reads the missing ones again')
}

/** Both promises of a service: a failure rejects each of them, so that it is enough to watch one. */
function outcome(finished: Promise<ImportSummary | undefined>): Pick<IngestService, 'failed' | 'finished'> {
  const failed = new Promise<never>((_, reject) => void finished.catch(reject))
  failed.catch(() => {})
  return { failed, finished }
}
