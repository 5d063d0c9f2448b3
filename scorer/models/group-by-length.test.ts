import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupByLength } from './group-by-length.ts'

const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 200 })
const padTo = (length: number): number => Math.ceil(length / 8) * 8

test('each text is in one group, of its own padded length, and no group is too large', () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 9 }), (all, maxTokens, most) => {
      const groups = groupByLength(all, { padTo, maxTokens, maxMembers: most })
      const members = groups.flatMap((group) => group.members).toSorted((a, b) => a - b)
      expect(members).toEqual([...all.keys()])
      for (const { length, members } of groups) {
        expect(members.every((at) => padTo(all[at]!) === length)).toBe(true)
        expect(members.length).toBeLessThanOrEqual(most)
        expect(members.length === 1 || members.length * length <= maxTokens).toBe(true)
      }
    }),
  )
})
