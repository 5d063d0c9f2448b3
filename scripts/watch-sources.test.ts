import { expect, test } from 'vitest'
import { isSource } from './watch-sources.ts'

test.each([
  ['model.ts', true],
  ['resolvers/query.ts', true],
  ['api.graphql', true],
  ['model.test.ts', false],
  ['generated/api.ts', false],
  ['README.md', false],
  ['model.ts~', false],
  [null, false],
])('a change of %s restarts a service: %s', (file, expected) => expect(isSource(file)).toBe(expected))
