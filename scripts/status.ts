import { parseArgs } from 'node:util'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readStatusConfig } from './status/config.ts'
import { printStatus } from './status/print.ts'
import { readStatus } from './status/read-status.ts'

/** `npm run status` for people; with `--json` one JSON document on stdout, the `Status` of status/read-status.ts. */
await runCommand(async () => {
  const json = readArguments(process.argv.slice(2))
  const status = await readStatus(readStatusConfig(loadEnvironment()))
  process.stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : printStatus(status))
})

function readArguments(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values.json
  } catch (cause) {
    const [firstSentence] = (cause as Error).message.split('. ')
    throw new ConfigurationError([`${firstSentence!}. There is only --json: npm run status -- --json`], { cause })
  }
}
