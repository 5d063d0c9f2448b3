import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { readScorerConfig } from './config.ts'
import { startScorer } from './start-scorer.ts'

const command = defineCommand({
  name: 'scorer',
  summary: 'Runs one scorer until it is stopped. All scorers of one scoring model share the work.',
  settings: ['MODEL_DIR', 'NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR', 'LOG_LEVEL'],
  examples: ['npm run scorer', 'MODEL_DIR=my-model npm run scorer'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  const config = readScorerConfig(loadEnvironment(PROCESS_SETTINGS.scorer))
  const logger = createLogger('scorer', config.logLevel)
  await runService(logger, () => startScorer(config, logger))
})
