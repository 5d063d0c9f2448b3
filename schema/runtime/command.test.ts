import { Argument } from 'commander'
import { describe, expect, test } from 'vitest'
import { defineCommand, matching, readArguments, refuseArguments, repeated, wholeNumberFrom } from './command.ts'
import { HelpRequestedError, UsageError } from './errors.ts'

const command = defineCommand({
  name: 'paint',
  summary: 'Paints a wall.',
  settings: ['DATA_DIR', 'PORT'],
  examples: ['npm run paint -- red', 'npm run paint -- blue --coats 3'],
})
  .addArgument(new Argument('<colour>', 'which colour').choices(['red', 'blue']))
  .argument('[walls...]', 'which walls')
  .option('--coats <number>', 'how often', wholeNumberFrom(1), 2)
  .option('--wet', 'paints on wet paint')
  .option('--tool <name>', 'what with', repeated(['brush', 'roll']), [])
  .option('--day <day>', 'when', matching(/^\d+$/, 'It must be a number.'))

const read = (...args: string[]) => readArguments(command, args)

test('options and arguments are read, with defaults, each time from the beginning', () => {
  expect(read('red', 'north', 'south', '--coats', '3', '--wet', '--tool', 'brush', '--tool', 'roll')).toEqual({
    options: { coats: 3, wet: true, tool: ['brush', 'roll'] },
    operands: ['red', ['north', 'south']],
  })
  expect(read('blue', '--', '--wet')).toEqual({ options: { coats: 2, tool: [] }, operands: ['blue', ['--wet']] })
})

describe('--help', () => {
  test.each([[['--help']], [['-h']], [['red', '--coats', '3', '--help']], [['--help', '--no-such-option']]])(
    '%j shows usage, arguments, options, settings and examples',
    (args) => {
      expect(() => read(...args)).toThrow(HelpRequestedError)
      expect(() => read(...args)).toThrow(
        /^Usage: npm run paint -- \[options\] <colour> \[walls...\]\n\nPaints a wall.[^]*which colour \(choices: "red", "blue"\)[^]*how often \(default: 2\)[^]*DATA_DIR +\S[^]*PORT +\S[^]*Examples:\n {2}npm run paint -- red\n {2}npm run paint -- blue --coats 3\n$/,
      )
    },
  )
})

test.each([
  [[], "Missing required argument 'colour'."],
  [['green'], "Value 'green' is invalid for argument 'colour'. Allowed choices are red, blue."],
  [['red', '--wett'], "Unknown option '--wett'. Did you mean --wet?"],
  [['red', '--coats'], "Option '--coats <number>' argument missing."],
  [['red', '--coats', '0'], 'It must be a whole number from 1 on.'],
  [['red', '--coats', '1.5'], 'It must be a whole number from 1 on.'],
  [['red', '--coats', '1e3'], 'It must be a whole number from 1 on.'],
  [['red', '--tool', 'hand'], 'Allowed choices are brush, roll.'],
  [['red', '--day', 'Monday'], 'It must be a number.'],
])('%j is refused in one sentence, which is followed by the way to get help', (args, reason) => {
  expect(() => read(...args)).toThrow(UsageError)
  const refusal = refusalOf(() => read(...args))
  expect(refusal).toContain(reason)
  expect(refusal.split('\n').slice(1)).toEqual(['npm run paint -- --help shows how to use it.'])
})

test('a command without arguments refuses them', () => {
  const bare = defineCommand({ name: 'start', summary: 'Starts.', examples: ['npm start'] })
  expect(refusalOf(() => readArguments(bare, ['now']))).toBe(
    'Too many arguments. Expected 0 arguments but got 1: now.\nnpm start -- --help shows how to use it.',
  )
})

test('required options are part of the usage, and all missing ones are named', () => {
  const sealed = defineCommand({ name: 'seal', summary: 'Seals.', examples: ['npm run seal -- --in x'] })
    .requiredOption('--in <file>', 'what')
    .requiredOption('--out <file>', 'where')
  expect(() => readArguments(sealed, ['--help'])).toThrow('Usage: npm run seal -- --in <file> --out <file> [options]\n')
  expect(refusalOf(() => readArguments(sealed, []))).toBe(
    "Required option '--in <file>' not specified.\nRequired option '--out <file>' not specified.\nnpm run seal -- --help shows how to use it.",
  )
  expect(refusalOf(() => readArguments(sealed, ['--out', 'x']))).toMatch(/^Required option '--in <file>' not.*\nnpm/)
})

test('problems that a command finds itself are listed together', () => {
  expect(refusalOf(() => refuseArguments(command, ['One.', 'Two.']))).toBe(
    'One.\nTwo.\nnpm run paint -- --help shows how to use it.',
  )
  expect(() => refuseArguments(command, [])).not.toThrow()
})

function refusalOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}
