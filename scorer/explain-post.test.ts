import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { explainPost } from './explain-post.ts'
import { listFeatures, MAX_FEATURES, writeFeatures, type TextPost } from './features.ts'
import { Model } from './model.ts'
import { toScoredText } from './scored-text.ts'

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
  for (const name of ['pizza', 'why pizza', 'first word: pizza', 'last word: ?', 'form: length of the title'])
    expect(names).toContain(name)
  expect(new Set(names).size).toBe(names.length)
})

test('one contribution a feature: words are not mixed up with measures, nor capitals that are told apart', async () => {
  const post = { title: 'Digits digits of Ārija āda!!! and !!!!' }
  const { contributions } = await explainPost(model, post)
  const names = contributions.map(({ feature }) => feature)
  for (const name of ['digits', 'form: digits', 'Ārija', 'āda', '!!!']) expect(names).toContain(name)
  expect(names).not.toContain('!!!!')
  expect(contributions).toHaveLength(new Set(listFeatures(post).map(({ index }) => index)).size)
})

test('long words in Latin letters have a beginning and an end besides; short ones, numbers and other scripts have not', async () => {
  const { contributions } = await explainPost(model, { title: 'Électrification TRAINS train 1234567 железная' })
  const parts = contributions.map(({ feature }) => feature).filter((feature) => /^…|…$/.test(feature))
  expect(parts.toSorted()).toEqual(['train…', 'élect…', '…ins', '…ion'].toSorted())
})

test('what occurs several times is added up', async () => {
  const title = 'What are tariffs?'
  const push = async (post: TextPost): Promise<number> =>
    (await explainPost(model, post)).contributions.find(({ feature }) => feature === 'tariffs')!.logit
  const [once, thrice] = [await push({ title }), await push({ title, selftext: 'tariffs tariffs' })]
  // Weights are divided by the root of the number of features.
  const counts = [{ title }, { title, selftext: 'tariffs tariffs' }].map((post) => listFeatures(post).length)
  expect(thrice * Math.sqrt(counts[1]!)).toBeCloseTo(3 * once * Math.sqrt(counts[0]!), 3)
})

test('a post is read within the limits of ingest, never through half a character', async () => {
  const short = { title: 'a question', selftext: null }
  expect(toScoredText(short)).toBe(short)
  const { title, selftext } = toScoredText({ title: `${'x'.repeat(999)}🎉`, selftext: 'y'.repeat(100_001) })
  expect(title).toBe('x'.repeat(999))
  expect(selftext).toHaveLength(100_000)
  const long = 'What is this about? '.repeat(80)
  expect(await model.score([{ title: long }])).toEqual(await model.score([{ title: long.slice(0, 1_000) }]))
})
