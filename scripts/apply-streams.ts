import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { prepareLog } from './prepare-log.ts'

await runCommand(async () => {
  const read = new SettingsReader(loadEnvironment())
  await prepareLog(read.done(readSharedConfig(read)))
  console.log('The streams are as defined.')
})
