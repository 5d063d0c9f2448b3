import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { HTTP_SETTINGS, PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './start-gateway.ts'

const command = defineCommand({
  name: 'gateway',
  summary: 'Runs the API and the page until it is stopped. It answers from the read models in DATA_DIR.',
  settings: [
    ...HTTP_SETTINGS,
    'DATA_DIR',
    'NATS_URL',
    'NATS_ALLOW_PLAINTEXT',
    'NATS_PORT',
    'MODEL_DIR',
    'SOURCE',
    'LOG_LEVEL',
  ],
  examples: ['npm run gateway', 'PORT=8080 npm run gateway'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  const config = readGatewayConfig(loadEnvironment(PROCESS_SETTINGS.gateway))
  const logger = createLogger('gateway', config.logLevel)
  await runService(logger, () => startGateway(config, logger))
})
