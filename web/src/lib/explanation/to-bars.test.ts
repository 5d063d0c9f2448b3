import { expect, test } from 'vitest'
import { formatLogit, toBars } from './to-bars.ts'

test('bars share a scale and point towards banter or serious', () => {
  const bars = toBars([
    { feature: 'lol', logit: -1.2 },
    { feature: 'why', logit: 0.3 },
  ])
  expect(bars).toEqual([
    { feature: 'lol', pull: 'banter', length: 1, value: '−1.20' },
    { feature: 'why', pull: 'serious', length: 0.25, value: '+0.30' },
  ])
})

test('invisible characters are named by their code points', () => {
  const features = ['\u200d', '\u200b\u200b', 'a\u200d', '?'].map((feature) => ({ feature, logit: 1 }))
  expect(toBars(features).map(({ feature }) => feature)).toEqual(['U+200D', 'U+200B U+200B', 'a\u200d', '?'])
})

test('an empty list and a contribution of zero give bars without errors', () => {
  expect(toBars([])).toEqual([])
  expect(toBars([{ feature: 'x', logit: 0 }])).toMatchObject([{ length: 0, value: '0.00' }])
  expect(formatLogit(-0.001)).toBe('0.00')
})
