import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { readProjectorConfig } from './config.ts'
import { loadProjection } from './load-projection.ts'
import { startProjector } from './projector.ts'

await runCommand(async () => {
  const config = readProjectorConfig(loadEnvironment(), process.argv.slice(2))
  const projection = await loadProjection(config.readModel)
  const logger = createLogger(projection.name, config.logLevel)
  await runService(logger, () => startProjector(projection, config, logger))
})
