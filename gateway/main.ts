import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './start-gateway.ts'

await runCommand(async () => {
  const config = readGatewayConfig(loadEnvironment())
  const logger = createLogger('gateway', config.logLevel)
  await runService(logger, () => startGateway(config, logger))
})
