import { jetstreamManager } from '@nats-io/jetstream'
import { Health, startHeartbeat } from '../schema/heartbeat.ts'
import { blockedLogger, blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { Outbox } from '../schema/outbox/outbox.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { POSTS, SCORES } from '../schema/streams.ts'
import type { ScorerConfig } from './config.ts'
import { PostConsumer } from './consume-posts.ts'
import { loadScoringModel } from './models/load-model.ts'
import { promoteFirstModel } from './promotion/promote-first-model.ts'
import { BatchScorer } from './score-batch.ts'
import { warnIfNotShown } from './warn-if-not-shown.ts'

/** Starts a service that scores every post of POSTS into SCORES. Any number of scorers share the work. */
export async function startScorer(config: ScorerConfig, logger: Logger): Promise<Service> {
  const stack = new AsyncDisposableStack()
  const health = new Health()
  let name = 'scorer'
  try {
    const connection = await connectNats({
      url: config.natsUrl,
      user: 'scorer',
      name: 'scorer',
      dataDir: config.dataDir,
      logger,
    })
    stack.defer(() => connection.close())
    // The scorer connects before it loads the scoring model, so that its heartbeat can say why it cannot load it.
    stack.use(startHeartbeat({ connection, user: 'scorer', name: () => name, health }))
    const model = await loadScoringModel(config.modelDir)
    name = `scorer ${model.name}`
    let closing = false
    const failed = connection.closed().then((error): never => {
      throw closing ? new Error('stopped') : (error ?? new Error('the connection to NATS was closed'))
    })
    failed.catch((error: unknown) => health.failed(error))
    const jsm = await jetstreamManager(connection)
    await requireStream(jsm, POSTS)
    await requireStream(jsm, SCORES)
    if (await promoteFirstModel(connection, model.name))
      logger.info({ model: model.name }, 'promoted the first scoring model')
    await warnIfNotShown(jsm, model.name, logger)
    const { dataDir } = config
    const letters = stack.use(new Outbox({ connection, jsm, process: 'scorer', dataDir, health, logger }))
    letters.start()
    const publishing = { dataDir, onBlocked: blockedReporter(health, blockedLogger(logger)) }
    const scorer = new BatchScorer({ connection, model, letters, logger, publishing })
    const consumer = stack.use(new PostConsumer(connection, jsm, scorer, model.name, logger))
    consumer.onLag = (lag) => void (health.lag = lag)
    stack.defer(() => void (closing = true))
    await consumer.start()
    logger.info({ model: model.name }, 'scorer started')
    return { failed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    health.failed(error)
    await stack.disposeAsync()
    throw error
  }
}
