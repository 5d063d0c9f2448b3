import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readStatusConfig } from './status/config.ts'
import { printStatus } from './status/print.ts'
import { readStatus } from './status/read-status.ts'

const command = defineCommand({
  name: 'status',
  summary: 'Shows the streams, consumers with their lag, read models, the shown model and the use of the disk.',
  settings: ['NATS_URL', 'NATS_PORT', 'DATA_DIR', 'MODEL_DIR'],
  examples: ['npm run status', 'npm run -s status -- --json    # with -s, npm adds no lines of its own'],
}).option('--json', 'prints one JSON document (the type Status in scripts/status/read-status.ts)')

await runCommand(async (args) => {
  const { json } = readArguments<{ json?: true }>(command, args).options
  const status = await readStatus(readStatusConfig(loadEnvironment()))
  process.stdout.write(json === true ? `${JSON.stringify(status, null, 2)}\n` : printStatus(status))
})
