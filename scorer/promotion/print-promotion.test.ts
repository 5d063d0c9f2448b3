import { expect, test } from 'vitest'
import { printModels, printPromotion } from './print-promotion.ts'
import type { ScoredModel } from './scored-models.ts'

const old: ScoredModel = { model: 'serious-2', scores: 280_114, behind: 12, isScoring: false }
const next: ScoredModel = { model: 'serious-3', scores: 13_000, behind: 267_126, isScoring: true }
const foreign: ScoredModel = { model: 'other', scores: 1, behind: null, isScoring: false }

test('scoring models are listed with their scores and the posts that they lack', () => {
  expect(printModels([old, next, { ...foreign, behind: 0 }], 'serious-2').split('\n')).toEqual([
    'serious-2  280,114 scores  shown, 12 posts to go',
    'serious-3  13,000 scores  scoring, 267,126 posts to go',
    'other      1 score  has scored all posts',
    '',
  ])
  expect(printModels([], undefined)).toBe('No scoring model has scores yet.\n')
})

test('the report of a promotion says which posts are missing from the figures, and how to go back', () => {
  const promotion = { outcome: 'promoted', model: next, replaced: 'serious-2', before: old } as const
  expect(printPromotion(promotion).split('\n')).toEqual([
    'serious-3 is shown now, in place of serious-2. It has 13,000 scores, serious-2 has 280,114.',
    '267,126 posts without a score of serious-3 so far: the figures leave out each of them until it has one.',
    'To go back: npm run promote -- serious-2',
    '',
  ])
  const dry = printPromotion({ ...promotion, outcome: 'would be promoted', model: { ...next, behind: 0 } })
  expect(dry).toBe('serious-3 would be shown, in place of serious-2. It has 13,000 scores, serious-2 has 280,114.\n')
})

test('a scoring model without a running scorer is reported as such', () => {
  const first = { outcome: 'promoted', replaced: undefined, before: undefined } as const
  expect(printPromotion({ ...first, model: foreign })).toBe(
    'other is shown now. It has 1 score.\nNo scorer of other ever ran here: the figures leave out posts without a score of it.\n',
  )
  expect(printPromotion({ ...first, outcome: 'already shown', model: { ...old, behind: 0 } })).toBe(
    'serious-2 is shown already, so nothing was changed.\nNo scorer of serious-2 is running: new posts get no score of it.\n',
  )
})
