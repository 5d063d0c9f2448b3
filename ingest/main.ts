import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand, runService, stopRequested } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { checkSource, reportCheck, wantsCheck } from './check-source.ts'
import { readIngestConfig } from './config.ts'
import { startIngest } from './start-ingest.ts'

const STOPPED_BY_SIGNAL = 130
const EXIT_GRACE_MS = 500

await runCommand(async (args) => {
  const config = readIngestConfig(loadEnvironment(PROCESS_SETTINGS.ingest), args)
  const logger = createLogger('ingest', config.logLevel)
  if (config.source.kind === 'none') return logger.info('SOURCE is none: nothing to read')
  if (wantsCheck(config.source)) return reportCheck(await checkSource(config.source, createLogger('check', 'silent')))
  if (config.source.kind !== 'dump') return runService(logger, () => startIngest(config, logger))
  await using dump = await startIngest(config, logger, process.stdout)
  const stopped = stopRequested()
  const first = await Promise.race([dump.finished, stopped])
  if (typeof first === 'string') process.exitCode = STOPPED_BY_SIGNAL
})
// An open standard input would keep the process alive.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
