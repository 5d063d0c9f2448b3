import { Argument } from 'commander'
import { READ_MODEL_NAMES, type ReadModelName } from '../schema/read-models.ts'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { loadProjection } from './load-projection.ts'
import { startProjector } from './projector.ts'

const command = defineCommand({
  name: 'projector',
  summary:
    'Runs the projector of one read model until it is stopped: it follows the log and keeps the file up to date.',
  settings: ['DATA_DIR', 'NATS_URL', 'NATS_PORT', 'LOG_LEVEL'],
  examples: READ_MODEL_NAMES.map((name) => `npm run projector -- ${name}`),
}).addArgument(new Argument('<read-model>', 'the read model to keep up to date').choices(READ_MODEL_NAMES))

await runCommand(async (args) => {
  const [name] = readArguments<object, [ReadModelName]>(command, args).operands
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  const projection = await loadProjection(name)
  const logger = createLogger(name, config.logLevel)
  await runService(logger, () => startProjector(projection, config, logger))
})
