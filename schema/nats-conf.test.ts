import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { NEEDS, publishRights, subscribeRights } from './nats-rights.ts'
import { NATS_USERS } from './runtime/nats.ts'

type User = keyof typeof NEEDS
const USERS = Object.keys(NEEDS) as User[]

/** A list of subjects in nats.conf, such as `publish: [ "a", "b" ]`. */
const listOf = (block: string, name: string): string[] =>
  [...(new RegExp(`${name}: \\[([^\\]]*)\\]`).exec(block)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(([, text]) => text!)

const configuration = readFileSync('nats.conf', 'utf8').replaceAll(/^\s*#.*$/gm, '')
const blocks = new Map(
  configuration
    .split(/(?=user: \w+,)/)
    .slice(1)
    .map((block) => [/user: (\w+)/.exec(block)![1]!, block] as const),
)

test('nats.conf has exactly the users that programs connect as', () => {
  const named = [...configuration.matchAll(/user: (\w+)/g)].map(([, user]) => user!)
  expect(named.toSorted()).toEqual([...NATS_USERS].toSorted())
  expect(['admin', ...USERS].toSorted()).toEqual([...NATS_USERS].toSorted())
})

test.each(USERS)('%s has exactly the rights that it needs', (user) => {
  const block = blocks.get(user)!
  expect(listOf(block, 'publish').toSorted()).toEqual([...new Set(publishRights(user))].toSorted())
  expect(listOf(block, 'subscribe').toSorted()).toEqual(subscribeRights(user).toSorted())
})
