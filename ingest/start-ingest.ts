import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { POSTS } from '../schema/streams.ts'
import type { IngestConfig } from './config.ts'
import { realWorld } from './http/world.ts'
import { Health } from '../schema/heartbeat.ts'
import { blockedLogger, blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import type { PublisherOptions } from '../schema/runtime/publish.ts'
import type { ProgressOutput } from '../schema/runtime/progress.ts'
import { startDemo } from './sources/demo.ts'
import { importDumps, type ImportOptions, type ImportSummary } from './sources/dump/import.ts'
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
): Promise<IngestService> {
  const { source } = config
  if (source.kind === 'none') return { ...outcome(Promise.resolve(undefined)), [Symbol.asyncDispose]: async () => {} }
  const health = new Health()
  const connection = await connectIngest(config, logger)
  try {
    if (source.kind === 'dump')
      return startDump({ source, dataDir: config.dataDir, connection, output, health }, logger)
    const publishing = { dataDir: config.dataDir, onBlocked: blockedReporter(health, blockedLogger(logger)) }
    const running =
      source.kind === 'demo'
        ? await startDemo(source, connection, logger, publishing)
        : await startSource({
            source: createSource(source, logger, realWorld),
            connection,
            logger,
            publishing,
            postLog: source.kind === 'reddit' ? await openPostLog(connection, publishing) : undefined,
          })
    return {
      ...outcome(running.failed),
      [Symbol.asyncDispose]: async () => {
        await withinGrace(running[Symbol.asyncDispose](), logger)
        await connection.close()
      },
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Connects and makes sure that the stream POSTS exists. */
async function connectIngest(config: IngestConfig, logger: Logger): Promise<NatsConnection> {
  const { natsUrl: url, dataDir, source } = config
  const connection = await connectNats({ url, user: 'ingest', name: `ingest ${source.kind}`, dataDir, logger })
  try {
    await requireStream(await jetstreamManager(connection), POSTS)
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Opens the stored posts for the check for deletions, and the log in which that check records erasures. */
async function openPostLog(connection: NatsConnection, publishing: PublisherOptions): Promise<PostLog> {
  return { stored: await LogPosts.open(connection), erasures: new LogErasures(connection, publishing) }
}

function startDump(options: Omit<ImportOptions, 'signal'>, logger: Logger): IngestService {
  const stop = new AbortController()
  const finished = importDumps({ ...options, signal: stop.signal })
  return {
    ...outcome(finished),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await withinGrace(
        finished.catch(() => {}),
        logger,
      )
      await options.connection.close()
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
