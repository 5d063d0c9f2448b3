import { expect, test } from 'vitest'
import { UsageError } from '../../schema/runtime/errors.ts'
import { readPromoteArguments as readArguments } from './read-arguments.ts'

test('a scoring model is named, or the list of scoring models is requested', () => {
  expect(readArguments(['serious-3'])).toEqual({ model: 'serious-3', dryRun: false, json: false })
  expect(readArguments(['serious-3', '--dry-run', '--json'])).toEqual({ model: 'serious-3', dryRun: true, json: true })
  expect(readArguments(['--list'])).toEqual({ model: undefined, dryRun: false, json: false })
})

test.each([
  [[], 'Name a scoring model'],
  [['serious-2', 'serious-3'], 'Too many arguments.*serious-2, serious-3'],
  [['Serious 3'], '"Serious 3" is not the name'],
  [['*'], '"\\*" is not the name'],
  [['--list', 'serious-3'], '--list takes no scoring model'],
  [['--list', '--dry-run'], '--list changes nothing'],
  [['--force'], '--force'],
])('%j is refused with the reason and how to get help', (args, reason) => {
  const read = () => readArguments(args)
  expect(read).toThrow(UsageError)
  expect(read).toThrow(new RegExp(`${reason}[^]*npm run promote -- --help`))
})
