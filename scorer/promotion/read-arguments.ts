import { parseArgs } from 'node:util'
import { MODEL_NAME_PATTERN } from '../../schema/events.ts'
import { ConfigurationError } from '../../schema/runtime/errors.ts'

const USAGE = `usage: npm run promote -- <model> [--dry-run] [--json]
       npm run promote -- --list [--json]
  Makes a model the one whose scores are shown. --list names those that have scores. --dry-run says what would change and
  changes nothing. With --json, say npm run -s: npm’s own lines would come first.`
const MODEL_NAME = new RegExp(MODEL_NAME_PATTERN)

export interface PromoteArguments {
  /** The model to show; undefined: list those that could be. */
  readonly model: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
}

/** @throws ConfigurationError naming every problem, with the usage */
export function readArguments(args: readonly string[]): PromoteArguments {
  const { values, positionals } = parse(args)
  const [model, ...more] = positionals
  const list = values.list === true
  const dryRun = values['dry-run'] === true
  const problems: string[] = []
  if (list && model !== undefined) problems.push('--list takes no model')
  if (list && dryRun) problems.push('--list changes nothing: there is no --dry-run of it')
  if (!list && model === undefined) problems.push('name a model, or say --list to see those that have scores')
  if (more.length > 0) problems.push(`one model is shown at a time: ${positionals.join(', ')} are several`)
  else if (model !== undefined && !MODEL_NAME.test(model))
    problems.push(`${JSON.stringify(model)} is no model’s name: small letters, digits and hyphens`)
  if (problems.length > 0) throw new ConfigurationError([...problems, USAGE])
  return { model, dryRun, json: values.json === true }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { list: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } },
      allowPositionals: true,
    })
  } catch (cause) {
    throw new ConfigurationError([(cause as Error).message, USAGE], { cause })
  }
}
