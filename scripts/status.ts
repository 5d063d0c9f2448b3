import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readStatusConfig } from './status/config.ts'
import { printProblems, printStatus } from './status/print.ts'
import { readProblems } from './status/problems.ts'
import { readStatus } from './status/read-status.ts'

const command = defineCommand({
  name: 'status',
  summary:
    'Shows the problems that the gateway knows, the streams, consumers with their lag, read models, the shown model and the use of the disk.',
  settings: ['HOST', 'PORT', 'NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR', 'MODEL_DIR'],
  examples: ['npm run status', 'npm run -s status -- --json    # with -s, npm adds no lines of its own'],
}).option('--json', 'prints one JSON document (the type Status in scripts/status/read-status.ts)')

await runCommand(async (args) => {
  const { json } = readArguments<{ json?: true }>(command, args).options
  const config = readStatusConfig(loadEnvironment())
  const problems = await readProblems(config)
  const print = (document: object, text: string): boolean =>
    process.stdout.write(json === true ? `${JSON.stringify(document, null, 2)}\n` : text)
  try {
    const status = await readStatus(config, problems)
    print(status, printStatus(status))
  } catch (error) {
    // The problems may explain why NATS does not answer.
    print({ problems }, `${printProblems(problems).join('\n')}\n`)
    throw error
  }
})
