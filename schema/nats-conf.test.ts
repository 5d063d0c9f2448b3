import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PROCESSES, withAccounts } from './nats-rights.ts'
import { NATS_USERS } from './runtime/nats.ts'

const configuration = readFileSync('nats.conf', 'utf8')

test('the accounts in nats.conf have exactly what their processes need (npm run codegen writes them)', () => {
  expect(withAccounts(configuration)).toBe(configuration)
})

test('nats.conf has exactly the users that programs connect as', () => {
  const named = [...configuration.matchAll(/\$NATS_(\w+)_(?:NKEY|PASSWORD)\b/g)].map(([, user]) => user!.toLowerCase())
  expect(named.toSorted()).toEqual([...NATS_USERS].toSorted())
  expect(['admin', 'monitor', ...PROCESSES].toSorted()).toEqual([...NATS_USERS].toSorted())
})
