import { join } from 'node:path'
import { Argument } from 'commander'
import { READ_MODEL_NAMES, type ReadModelName } from '../schema/read-models.ts'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand, runService } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { acceptLostEvents } from './accept-lost-events.ts'
import { loadProjection } from './load-projection.ts'
import { startProjector } from './projector.ts'

const command = defineCommand({
  name: 'projector',
  summary:
    'Runs the projector of one read model until it is stopped: it follows the log and keeps the file up to date.',
  settings: ['DATA_DIR', 'DATA_GROUP_READ', 'NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'LOG_LEVEL'],
  examples: [
    ...READ_MODEL_NAMES.map((name) => `npm run projector -- ${name}`),
    'npm run projector -- hourly --accept-lost-events',
  ],
})
  .addArgument(new Argument('<read-model>', 'the read model to keep up to date').choices(READ_MODEL_NAMES))
  .option(
    '--accept-lost-events',
    'marks the lost events that the file records as accepted, and does nothing else; stop the projector first',
  )

interface Options {
  readonly acceptLostEvents?: boolean
}

await runCommand(async (args) => {
  const { options, operands } = readArguments<Options, [ReadModelName]>(command, args)
  const [name] = operands
  const read = new SettingsReader(loadEnvironment(PROCESS_SETTINGS.projector))
  const config = read.done(readSharedConfig(read))
  const projection = await loadProjection(name)
  if (options.acceptLostEvents === true) {
    process.stdout.write(`${acceptLostEvents(join(config.dataDir, `${name}.db`), projection)}\n`)
    return
  }
  const logger = createLogger(name, config.logLevel)
  await runService(logger, () => startProjector(projection, config, logger))
})
