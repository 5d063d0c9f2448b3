import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { readScorerConfig } from './config.ts'
import { startScorer } from './start-scorer.ts'

await runCommand(async () => {
  const config = readScorerConfig(loadEnvironment())
  const logger = createLogger('scorer', config.logLevel)
  await runService(logger, () => startScorer(config, logger))
})
