import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Health } from '../../../schema/heartbeat.ts'
import type { Service } from '../../../schema/runtime/lifecycle.ts'
import type { Logger } from '../../../schema/runtime/logger.ts'
import { DurablePublisher, type PublisherOptions } from '../../../schema/runtime/publish.ts'
import { requireStream } from '../../../schema/apply-streams.ts'
import { COVERAGE } from '../../../schema/streams.ts'
import { logDiscarded, Positions } from '../../position.ts'
import { PostsPublisher, type LetterBox } from '../../posts-publisher.ts'
import { CoveragePublisher } from './coverage-publisher.ts'
import { CoverageGaps } from './coverage-gaps.ts'
import { PublishingSink, REMEMBERED_POSTS } from './post-sink.ts'
import { readNewestIds } from './read-post-messages.ts'
import type { PostLog } from './post-log.ts'
import type { LiveSource } from './source.ts'

const REPORT_INTERVAL_MS = 60_000

export interface StartOptions {
  readonly source: LiveSource
  /** A connection as the NATS user `ingest`. */
  readonly connection: NatsConnection
  readonly letters: LetterBox
  readonly logger: Logger
  readonly health?: Health | undefined
  readonly postLog?: PostLog | undefined
  readonly publishing?: PublisherOptions
}

/** Runs a source until the service is disposed. `failed` rejects when posts can no longer be stored. */
export async function startSource(options: StartOptions): Promise<Service> {
  const { source, connection, letters, logger, health, postLog, publishing = {} } = options
  const jsm = await jetstreamManager(connection)
  await requireStream(jsm, COVERAGE)
  const positions = await Positions.open(connection, logDiscarded(logger), publishing)
  const durable = new DurablePublisher(connection, publishing)
  const publisher = new PostsPublisher(durable, letters)
  const sink = new PublishingSink(publisher, source.name, await readNewestIds(jsm, REMEMBERED_POSTS))
  const gaps = new CoverageGaps(positions, source.name, logger)
  const coverage = new CoveragePublisher(durable, source.name)
  const stop = new AbortController()
  const progressTimer = setInterval(() => {
    logger.info({ ...publisher.counts, skipped: sink.skipped }, 'posts stored since the start')
  }, REPORT_INTERVAL_MS)
  const recordGap = gaps.record.bind(gaps)
  const report = coverage.publish.bind(coverage)
  const running = source.run({ sink, positions, logger, health, recordGap, report, postLog, signal: stop.signal })
  logger.info({ source: source.name }, 'source started')
  return { failed: toFailed(running), [Symbol.asyncDispose]: dispose }

  async function dispose(): Promise<void> {
    clearInterval(progressTimer)
    stop.abort()
    await running.catch(() => {})
    logger.info({ ...publisher.counts, skipped: sink.skipped }, 'source stopped')
  }
}

function toFailed(running: Promise<void>): Promise<never> {
  const failed = new Promise<never>((_, reject) => void running.catch(reject))
  failed.catch(() => {})
  return failed
}
