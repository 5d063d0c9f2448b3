import { expect, test } from 'vitest'
import { readArguments } from './read-arguments.ts'

test('a model, or a list of them, is asked for', () => {
  expect(readArguments(['serious-3'])).toEqual({ model: 'serious-3', dryRun: false, json: false })
  expect(readArguments(['serious-3', '--dry-run', '--json'])).toEqual({ model: 'serious-3', dryRun: true, json: true })
  expect(readArguments(['--list'])).toEqual({ model: undefined, dryRun: false, json: false })
})

test.each([
  [[], 'name a model'],
  [['serious-2', 'serious-3'], 'serious-2, serious-3 are several'],
  [['Serious 3'], '"Serious 3" is no model’s name'],
  [['*'], '"\\*" is no model’s name'],
  [['--list', 'serious-3'], '--list takes no model'],
  [['--list', '--dry-run'], 'no --dry-run'],
  [['--force'], '--force'],
])('%j is refused with the reason and the usage', (args, reason) => {
  expect(() => readArguments(args)).toThrow(new RegExp(`${reason}[^]*usage: npm run promote`))
})
