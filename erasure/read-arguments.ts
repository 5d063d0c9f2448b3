import { parseArgs } from 'node:util'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { STANDARD_STREAM } from '../schema/runtime/input-file.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { toPostId } from './find-posts.ts'

const USAGE = `usage: npm run erase -- <post id>… [--reason TEXT] [--dry-run] [--json]
       npm run erase -- --late [--reason TEXT] [--dry-run] [--json]
  A post id looks like 1abcde or t3_1abcde. With -, ids are read from standard input, one on each line.
  --dry-run  print what would be erased, and change nothing
  --late     erase messages that arrived after their posts were erased: copies, scores
  --json     print the report as JSON; use npm run -s, so that npm prints nothing itself`

const DEFAULT_REASON = 'erased by hand'
const MAX_REASON_LENGTH = 500
const MAX_SHOWN_PROBLEMS = 10

export interface EraseArguments {
  /** Base36 in lower case, each once. */
  readonly ids: readonly string[]
  /** Whether to take all posts that were erased before, instead of ids. */
  readonly late: boolean
  readonly reason: string
  readonly dryRun: boolean
  readonly json: boolean
}

/** @throws ConfigurationError naming every problem, with the usage */
export async function readArguments(
  args: readonly string[],
  readStandardInput: () => AsyncIterable<Buffer> = () => readLines(STANDARD_STREAM),
): Promise<EraseArguments> {
  const problems: string[] = []
  const { values, positionals } = parse(args)
  const ids = new Set<string>()
  const add = (text: string, where: string): void => {
    const id = toPostId(text)
    if (id === undefined) problems.push(`${JSON.stringify(text)}${where} is not a post id`)
    else ids.add(id)
  }
  for (const text of positionals) if (text !== STANDARD_STREAM) add(text, '')
  if (positionals.includes(STANDARD_STREAM)) await addLines(readStandardInput(), add)
  const late = values.late === true
  if (late && positionals.length > 0)
    problems.push('--late takes no ids, because it searches for all posts that were erased before')
  else if (!late && positionals.length === 0) problems.push('name at least one post')
  else if (!late && ids.size === 0 && problems.length === 0) problems.push('standard input named no post')
  const reason = values.reason?.trim() ?? DEFAULT_REASON
  if (reason === '' || reason.length > MAX_REASON_LENGTH)
    problems.push(`--reason takes 1 to ${MAX_REASON_LENGTH} characters`)
  if (problems.length > 0) throw new ConfigurationError([...shortened(problems), USAGE])
  return { ids: [...ids], late, reason, dryRun: values['dry-run'] === true, json: values.json === true }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        reason: { type: 'string' },
        late: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
      },
      allowPositionals: true,
    })
  } catch (cause) {
    throw new ConfigurationError([(cause as Error).message, USAGE], { cause })
  }
}

async function addLines(lines: AsyncIterable<Buffer>, add: (text: string, where: string) => void): Promise<void> {
  let number = 0
  for await (const line of lines) {
    number++
    const text = String(line).trim()
    if (text !== '') add(text, ` (line ${number} of standard input)`)
  }
}

function shortened(problems: readonly string[]): string[] {
  const more = problems.length - MAX_SHOWN_PROBLEMS
  return [...problems.slice(0, MAX_SHOWN_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])]
}
