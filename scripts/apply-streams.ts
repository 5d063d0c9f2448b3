import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { prepareLog } from './prepare-log.ts'

const command = defineCommand({
  name: 'streams',
  summary:
    'Creates the streams that are missing, gives all of them NATS_REPLICAS replicas if it is set, and reports how existing streams differ from their definitions.',
  settings: ['NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'NATS_REPLICAS', 'DATA_DIR'],
  examples: ['npm run streams'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  const read = new SettingsReader(loadEnvironment())
  for (const sentence of await prepareLog(read.done(readSharedConfig(read)))) console.log(sentence)
  console.log('All streams match their definitions.')
})
