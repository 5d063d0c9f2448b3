import { expect, test } from 'vitest'
import { ScoringModels } from './scoring-models.ts'
import { silent } from '../testing/test-gateway.ts'

test('a scoring model that was not seen for a while no longer counts as in use', () => {
  let nowMs = 0
  using scoring = new ScoringModels(silent, () => nowMs)
  expect(scoring.names).toEqual([])
  scoring.saw(['serious-3', 'serious-2'])
  nowMs = 10_000
  scoring.saw(['serious-3'])
  nowMs = 14_999
  expect(scoring.names).toEqual(['serious-2', 'serious-3'])
  nowMs = 15_000
  expect(scoring.names).toEqual(['serious-3'])
})
