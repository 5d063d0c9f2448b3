import { expect, test } from 'vitest'
import { auc, type Ranked } from './metrics.ts'

const posts = (subreddit: string, count: number, serious: boolean, score: (at: number) => number): Ranked[] =>
  Array.from({ length: count }, (_, at) => ({ subreddit, serious, score: score(at) }))

test('classes that are separated without a mistake have an AUC of exactly 1', () => {
  // Weights of a fifth and a ninth do not add up to 1 in floating point.
  const judged = [...posts('grave', 5, true, () => 0.9), ...posts('funny', 9, false, () => 0.1)]
  expect(auc(judged)).toBe(1)
})

test('every subreddit weighs the same, and ties count half', () => {
  const half = (at: number): number => at % 2
  expect(auc([...posts('grave', 4, true, half), ...posts('funny', 2, false, half)])).toBeCloseTo(0.5)
  // One subreddit has a hundred posts with good scores, and the other has one with a bad score. Each is half of the
  // figure.
  const judged = [
    ...posts('large', 100, true, () => 0.9),
    ...posts('small', 1, true, () => 0.1),
    ...posts('funny', 10, false, () => 0.5),
  ]
  expect(auc(judged)).toBeCloseTo(0.5)
})
