import { loadEnvironment, SettingsReader } from '../../schema/runtime/environment.ts'
import { runCommand, runService } from '../../schema/runtime/lifecycle.ts'
import { createLogger } from '../../schema/runtime/logger.ts'
import { readSharedConfig } from '../../schema/runtime/shared-config.ts'
import { startEraser } from '../../erasure/start-eraser.ts'

/** Short pauses for the eraser, because its own are minutes long. */
const TIMES = { pollMs: 250, gatherMs: 100, retryMs: 1_000 }

await runCommand(async () => {
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  const logger = createLogger('eraser', config.logLevel)
  await runService(logger, () => startEraser(config, logger, TIMES))
})
