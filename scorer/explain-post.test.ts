import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { explainPost } from './explain-post.ts'
import { listFeatures, MAX_FEATURES, writeFeatures } from './features.ts'
import { Model } from './model.ts'

let model: Model
beforeAll(async () => {
  model = await Model.load('ml/model')
})

const posts = fc.record({
  title: fc.oneof(fc.lorem({ maxCount: 30 }), fc.string({ unit: 'binary' })),
  selftext: fc.option(fc.lorem({ maxCount: 120 })),
})

test('the features by name are those that are scored', () => {
  const row = new Int32Array(MAX_FEATURES)
  fc.assert(
    fc.property(posts, (post) => {
      const count = writeFeatures(post, row)
      expect(listFeatures(post).map(({ index }) => index)).toEqual([...row.subarray(0, count)])
    }),
  )
})

test('contributions and base add up to the score', async () => {
  await fc.assert(
    fc.asyncProperty(posts, async (post) => {
      const { seriousness, base, contributions } = await explainPost(model, post)
      const logit = contributions.reduce((sum, one) => sum + one.logit, base)
      expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(seriousness, 3)
    }),
    { numRuns: 50 },
  )
})

test('words are named as a person would, each once', async () => {
  const { contributions } = await explainPost(model, { title: 'Pizza, pizza! Why pizza?' })
  const names = contributions.map(({ feature }) => feature)
  for (const name of ['pizza', 'why pizza', 'first word: pizza', 'last word: ?', 'length of the title'])
    expect(names).toContain(name)
  expect(new Set(names).size).toBe(names.length)
})
