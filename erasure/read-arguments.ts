import { defineCommand, readArguments, refuseArguments } from '../schema/runtime/command.ts'
import { STANDARD_STREAM } from '../schema/runtime/input-file.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { toPostId } from './find-posts.ts'

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

const command = defineCommand({
  name: 'erase',
  summary: 'Erases posts for good: from the streams, and from the read models with all traces in their files.',
  settings: ['NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR'],
  examples: [
    'npm run erase -- 1abcde t3_2abcde --reason "asked for by its author"',
    'npm run erase -- - < ids.txt',
    'npm run erase -- --late --dry-run',
    'npm run -s erase -- 1abcde --json    # with -s, npm adds no lines of its own',
  ],
})
  .argument('[ids...]', 'posts to erase, such as 1abcde or t3_1abcde; - reads ids from standard input, one a line')
  .option('--late', 'instead of ids: erases messages of posts that arrived after their erasure')
  .option('--reason <text>', 'reason that is recorded', DEFAULT_REASON)
  .option('--dry-run', 'reports what would be erased, and changes nothing')
  .option('--json', 'prints one JSON document')
  .addHelpText(
    'after',
    `
Exit codes:
  0  every post is erased, or its erasure is recorded for read models whose projectors are stopped
  1  a post was not found, or the log cannot be reached, read or changed
  2  wrong arguments
  3  the log has nothing of the posts any more, but a read model's file may hold text of them; the report says why`,
  )

interface Options {
  readonly late?: true
  readonly reason: string
  readonly dryRun?: true
  readonly json?: true
}

/** @throws UsageError naming every problem */
export async function readEraseArguments(
  args: readonly string[],
  readStandardInput: () => AsyncIterable<Buffer> = () => readLines(STANDARD_STREAM),
): Promise<EraseArguments> {
  const { options, operands } = readArguments<Options, [string[]]>(command, args)
  const { late = false, dryRun = false, json = false } = options
  const [texts] = operands
  const problems: string[] = []
  const ids = new Set<string>()
  const add = (text: string, where: string): void => {
    const id = toPostId(text)
    if (id === undefined) problems.push(`${JSON.stringify(text)}${where} is not a post id.`)
    else ids.add(id)
  }
  for (const text of texts) if (text !== STANDARD_STREAM) add(text, '')
  if (texts.includes(STANDARD_STREAM)) await addLines(readStandardInput(), add)
  if (late && texts.length > 0)
    problems.push('--late takes no ids, because it searches for all posts that were erased before.')
  else if (!late && texts.length === 0) problems.push('Name at least one post.')
  else if (!late && ids.size === 0 && problems.length === 0) problems.push('Standard input named no post.')
  const reason = options.reason.trim()
  if (reason === '' || reason.length > MAX_REASON_LENGTH)
    problems.push(`--reason takes 1 to ${MAX_REASON_LENGTH} characters.`)
  refuseArguments(command, shortened(problems))
  return { ids: [...ids], late, reason, dryRun, json }
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
  return [...problems.slice(0, MAX_SHOWN_PROBLEMS), ...(more > 0 ? [`… and ${more} more.`] : [])]
}
