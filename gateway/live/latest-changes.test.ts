import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatestChanges } from './latest-changes.ts'

const all = (): boolean => true

test('a subscriber gets the latest value of each key once, in the order of the changes, in pages', () => {
  const changes = new LatestChanges<string>()
  for (const [key, value] of ['a1', 'b1', 'a2', 'c1'].map(([key, number]) => [key!, `${key}${number}`] as const))
    changes.add(key, value)
  const first = changes.after(0, 2, all)
  expect(first.values).toEqual(['b1', 'a2'])
  const second = changes.after(first.version, 2, all)
  expect(second).toEqual({ values: ['c1'], version: changes.version })
  expect(changes.after(0, 10, (key) => key === 'a').values).toEqual(['a2'])
})

test('any readers, fast and slow, end with the latest value of every key that changed since they came', () => {
  const step = fc.oneof(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({ reader: fc.constantFrom(0, 1), limit: fc.integer({ min: 1, max: 3 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const changes = new LatestChanges<number>()
      const latest = new Map<string, number>()
      const readers = [0, 1].map(() => ({ version: 0, got: new Set<number>() }))
      const read = (reader: (typeof readers)[number], limit: number): boolean => {
        const { values, version } = changes.after(reader.version, limit, all)
        for (const value of values) {
          expect(reader.got.has(value)).toBe(false)
          reader.got.add(value)
        }
        reader.version = version
        return values.length > 0
      }
      for (const [index, next] of steps.entries()) {
        changes.forget(Math.min(...readers.map(({ version }) => version)))
        if ('reader' in next) read(readers[next.reader]!, next.limit)
        else {
          changes.add(next.key, index)
          latest.set(next.key, index)
        }
      }
      for (const reader of readers) {
        while (read(reader, 2));
        for (const value of latest.values()) expect(reader.got.has(value)).toBe(true)
      }
    }),
  )
})

test('values that were replaced are removed, also while a subscriber does not read', () => {
  const changes = new LatestChanges<number>()
  for (let index = 0; index < 100_000; index++) changes.add(`${index % 10}`, index)
  expect(changes.after(0, 100, all).values).toHaveLength(10)
})
