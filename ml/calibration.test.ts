import { expect, test } from 'vitest'
import { fitCalibration } from './calibration.ts'
import type { Ranked } from './metrics.ts'

const judge = (score: number, serious: boolean, subreddit = 'one'): Ranked => ({ score, serious, subreddit })

test('finds the line that calibrates distorted log-odds', () => {
  // At each score, the share of serious posts follows the line 2·score − 0.5.
  const judged = Array.from({ length: 41 }, (_, at) => (at - 20) / 10).flatMap((score) => {
    const serious = Math.round(1_000 / (1 + Math.exp(-(2 * score - 0.5))))
    return Array.from({ length: 1_000 }, (_, at) => judge(score, at < serious))
  })
  const { slope, intercept } = fitCalibration(judged)
  expect(slope).toBeCloseTo(2, 1)
  expect(intercept).toBeCloseTo(-0.5, 1)
})

test.each([[1], [30], [1_000]])(
  'stays finite and rising when the classes are separated without a mistake (%d apart)',
  (far) => {
    const judged = Array.from({ length: 200 }, (_, at) =>
      judge(at % 2 === 0 ? far + at / 50 : -far - at / 50, at % 2 === 0),
    )
    const { slope, intercept } = fitCalibration(judged)
    expect(slope).toBeGreaterThan(0)
    expect(Math.abs(slope * far + intercept)).toBeLessThan(50)
  },
)

test('refuses log-odds that are not numbers', () => {
  expect(() => fitCalibration([judge(Number.NaN, true), judge(0, false)])).toThrow(/calibrated/)
})
