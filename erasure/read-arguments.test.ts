import { expect, test } from 'vitest'
import { UsageError } from '../schema/runtime/errors.ts'
import { readEraseArguments as readArguments } from './read-arguments.ts'

async function* lines(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

test('ids are read from arguments and from standard input, each once', async () => {
  const args = ['t3_1ABCDE', '-', '1abcde', '--reason', ' asked for ', '--dry-run']
  expect(await readArguments(args, () => lines('2abcde', '', ' T3_1abcde'))).toEqual({
    ids: ['1abcde', '2abcde'],
    reason: 'asked for',
    dryRun: true,
    json: false,
    late: false,
  })
})

test.each([
  ['nothing', [], /Name at least one post[^]*--help/],
  ['no id', ['1abcde', 'what?'], /"what\?" is not a post id[^]*--help/],
  ['--late with ids', ['--late', '1abcde'], /--late takes no ids/],
  ['an unknown option', ['1abcde', '--force'], /--force[^]*--help/],
  ['an empty reason', ['1abcde', '--reason', ' '], /--reason takes 1 to 500/],
  ['a reason that is missing', ['1abcde', '--reason'], /--reason[^]*--help/],
  ['an empty standard input', ['-'], /Standard input named no post/],
])('%s is refused', async (_, args, message) => {
  const refused = readArguments(args, () => lines(''))
  await expect(refused).rejects.toThrow(UsageError)
  await expect(refused).rejects.toThrow(message)
})

test('the first wrong lines are named', async () => {
  const wrong = Array.from({ length: 15 }, () => '*')
  await expect(readArguments(['-'], () => lines('1abcde', ...wrong))).rejects.toThrow(
    /\(line 2 of standard input\) is not a post id[^]*and 5 more/,
  )
})
