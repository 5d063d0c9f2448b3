import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { readProjectorConfig } from './config.ts'
import { startProjector } from './projector.ts'

await runCommand(async () => {
  const config = readProjectorConfig(loadEnvironment(), process.argv.slice(2))
  const logger = createLogger(config.projection.name, config.logLevel)
  await runService(logger, () => startProjector(config.projection, config, logger))
})
