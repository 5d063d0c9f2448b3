import { expect, test } from 'vitest'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { readClasses } from './read-classes.ts'

const manifest = { name: 'mine-1', sha256: '0'.repeat(64) }
const labels = (...names: string[]) => ({ id2label: Object.fromEntries(names.map((name, index) => [index, name])) })
const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))

test('of two classes, the one that is called serious counts, or the one that is not called unserious', () => {
  expect(readClasses(manifest, labels('other', 'Serious'), 2)([1, 3])).toBeCloseTo(sigmoid(2))
  expect(readClasses(manifest, labels('not_serious', 'other'), 2)([1, 3])).toBeCloseTo(sigmoid(2))
  expect(readClasses(manifest, { label2id: { serious: 0, banter: 1 } }, 2)([1, 3])).toBeCloseTo(sigmoid(-2))
})

test('the classes that model.json names have precedence: a label, an index, or several', () => {
  const config = labels('news', 'joke', 'question')
  const row = [Math.log(0.2), Math.log(0.5), Math.log(0.3)]
  expect(readClasses({ ...manifest, serious: 'NEWS' }, config, 3)(row)).toBeCloseTo(0.2)
  expect(readClasses({ ...manifest, serious: ['news', 2, 0] }, config, 3)(row)).toBeCloseTo(0.5)
  expect(readClasses({ ...manifest, unserious: 1 }, {}, 3)(row)).toBeCloseTo(0.5)
})

test('one class, and classes that do not exclude each other, are read independently', () => {
  expect(readClasses(manifest, {}, 1)([2])).toBeCloseTo(sigmoid(2))
  expect(readClasses({ ...manifest, unserious: 0 }, {}, 1)([2])).toBeCloseTo(sigmoid(-2))
  const config = { ...labels('serious', 'long'), problem_type: 'multi_label_classification' }
  expect(readClasses(manifest, config, 2)([2, 9])).toBeCloseTo(sigmoid(2))
})

test('outputs that already are probabilities stay unchanged, except that they are limited to 0 and 1', () => {
  const read = readClasses({ ...manifest, serious: 1, activation: 'none' }, {}, 2)
  expect([read([0.25, 0.75]), read([2, -1])]).toEqual([0.75, 0])
})

test('large logits do not overflow, and an output that is not a number is an error', () => {
  expect(readClasses({ ...manifest, serious: 0 }, {}, 2)([5_000, -5_000])).toBe(1)
  expect(() => readClasses({ ...manifest, serious: 0 }, {}, 2)([NaN, 0])).toThrow('not a number')
})

test.each([
  ['an unnamed class', {}, labels('LABEL_0', 'LABEL_1'), 2, /which of its 2 classes.*0 LABEL_0, 1 LABEL_1/],
  ['an unnamed class without labels', {}, {}, 3, /which of its 3 classes.*no config\.json with labels/],
  ['an unknown label', { serious: 'grave' }, labels('a', 'b'), 2, /no class "grave" among the 2.*0 a, 1 b/],
  ['an unknown index', { serious: 2 }, {}, 2, /no class 2 among the 2/],
  ['both serious and unserious', { serious: 0, unserious: 1 }, {}, 2, /not both/],
  ['softmax with one class', { activation: 'softmax' as const }, {}, 1, /needs two classes/],
  [
    'sigmoid with two named classes',
    { activation: 'sigmoid' as const, serious: [0, 1] },
    {},
    2,
    /name one class, not 2/,
  ],
  ['a regression without an activation', {}, { problem_type: 'regression' }, 1, /calls it a regression/],
])('refuses %s', (_, fields, config, classes, message) => {
  expect(() => readClasses({ ...manifest, ...fields }, config, classes)).toThrow(message)
  expect(() => readClasses({ ...manifest, ...fields }, config, classes)).toThrow(OperationalError)
})
