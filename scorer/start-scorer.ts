import { blockedLogger, blockedReporter } from '../schema/runtime/blocked-reporter.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { startProcess } from '../schema/runtime/start-process.ts'
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
export function startScorer(config: ScorerConfig, logger: Logger): Promise<Service> {
  const stack = new AsyncDisposableStack()
  let name = 'scorer'
  return startProcess({ user: 'scorer', name: () => name, config, logger }, stack, async (parts) => {
    const { connection, jsm, health } = parts
    const model = await loadScoringModel(config.modelDir)
    name = `scorer ${model.name}`
    await requireStream(jsm, POSTS)
    await requireStream(jsm, SCORES)
    if (await promoteFirstModel(connection, jsm, model.name))
      logger.info({ model: model.name }, 'promoted the first scoring model')
    await warnIfNotShown(jsm, model.name, logger)
    const { dataDir } = config
    const letters = stack.use(new Outbox({ ...parts, process: 'scorer', dataDir, logger }))
    letters.start()
    const publishing = { dataDir, onBlocked: blockedReporter(health, blockedLogger(logger)) }
    const scorer = new BatchScorer({ connection, model, letters, publishing })
    const consumer = stack.use(new PostConsumer(connection, jsm, scorer, model.name, logger))
    consumer.onLag = (lag) => void (health.lag = lag)
    await consumer.start()
    logger.info({ model: model.name }, 'scorer started')
  })
}
