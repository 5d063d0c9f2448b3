import { expect, test } from 'vitest'
import { postErased, postSubmitted } from '../schema/testing/builders.ts'
import { limitErasures } from './limit-erasures.ts'
import { toLog } from './testing/replay.ts'

test('accepts any number of posts, and of erasures so many', () => {
  const log = toLog([postErased(), postSubmitted(), postErased(), postSubmitted(), postErased(), postSubmitted()])
  const accept = limitErasures(2)
  expect(log.findIndex((message) => !accept(message))).toBe(4)
})
