import { MODEL_NAME_PATTERN } from '../../schema/events.ts'
import { defineCommand, readArguments, refuseArguments } from '../../schema/runtime/command.ts'

const MODEL_NAME = new RegExp(MODEL_NAME_PATTERN)

export interface PromoteArguments {
  /** The scoring model to show; undefined to list those that could be shown. */
  readonly model: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
}

const command = defineCommand({
  name: 'promote',
  summary: 'Makes a scoring model the one whose scores are shown. It must have scores in the log.',
  settings: ['NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR'],
  examples: [
    'npm run promote -- --list',
    'npm run promote -- my-model-1 --dry-run',
    'npm run promote -- my-model-1',
    'npm run -s promote -- --list --json    # with -s, npm adds no lines of its own',
  ],
})
  .argument('[model]', 'name of the scoring model')
  .option('--list', 'lists the scoring models that have scores')
  .option('--dry-run', 'reports what would change, and changes nothing')
  .option('--json', 'prints one JSON document')

/** @throws UsageError naming every problem */
export function readPromoteArguments(args: readonly string[]): PromoteArguments {
  const { options, operands } = readArguments<Options, [string | undefined]>(command, args)
  const { list = false, dryRun = false, json = false } = options
  const [model] = operands
  const problems: string[] = []
  if (list && model !== undefined) problems.push('--list takes no scoring model.')
  if (list && dryRun) problems.push('--list changes nothing, so it takes no --dry-run.')
  if (!list && model === undefined) problems.push('Name a scoring model, or use --list to see those that have scores.')
  if (model !== undefined && !MODEL_NAME.test(model))
    problems.push(`${JSON.stringify(model)} is not the name of a scoring model: use small letters, digits and hyphens.`)
  refuseArguments(command, problems)
  return { model, dryRun, json }
}

interface Options {
  readonly list?: true
  readonly dryRun?: true
  readonly json?: true
}
