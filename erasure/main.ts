import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { startEraser } from './start-eraser.ts'

const command = defineCommand({
  name: 'eraser',
  summary: 'Runs the eraser until it is stopped: it deletes from the streams what recorded erasures name.',
  settings: ['NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR', 'LOG_LEVEL'],
  examples: ['npm run eraser'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  const read = new SettingsReader(loadEnvironment(PROCESS_SETTINGS.eraser))
  const config = read.done(readSharedConfig(read))
  const logger = createLogger('eraser', config.logLevel)
  await runService(logger, () => startEraser(config, logger))
})
