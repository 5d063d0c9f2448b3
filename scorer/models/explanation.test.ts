import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { BUCKETS, listFeatures, MAX_FEATURES, writeFeatures, type TextPost } from './features.ts'
import { loadScoringModel } from './load-model.ts'
import type { ScoringModel } from './scoring-model.ts'
import { toScoredText } from './scored-text.ts'

let model: ScoringModel
beforeAll(async () => {
  model = await loadScoringModel('ml/model')
})

const title = fc.oneof(fc.lorem({ maxCount: 30 }), fc.string({ unit: 'binary', maxLength: 500 }))
const posts = fc.record({
  title,
  selftext: fc.option(fc.lorem({ maxCount: 120 })),
})
/** Posts, some of which have more words than a row holds. */
const anyPosts = fc.record({
  title,
  selftext: fc
    .tuple(fc.array(fc.oneof(fc.lorem({ maxCount: 1 }), fc.string({ unit: 'binary', maxLength: 12 }))), fc.nat(60))
    .map(([words, times]) => `${words.join(' ')} `.repeat(times)),
})

test('the named features are the scored ones, within the limits of the table and the row', () => {
  const row = new Int32Array(MAX_FEATURES)
  let full = 0
  fc.assert(
    fc.property(anyPosts, (post) => {
      const count = writeFeatures(post, row)
      expect(count).toBeLessThanOrEqual(MAX_FEATURES)
      if (count === MAX_FEATURES) full++
      expect(listFeatures(post).map(({ index }) => index)).toEqual([...row.subarray(0, count)])
      for (const [at, index] of row.entries())
        expect(at < count ? index > 0 && index < BUCKETS : index === 0).toBe(true)
    }),
  )
  expect(full).toBeGreaterThan(0)
})

test('contributions and base add up to the score', async () => {
  await fc.assert(
    fc.asyncProperty(posts, async (post) => {
      const { seriousness, base, contributions } = await model.explain(post)
      const logit = contributions.reduce((sum, one) => sum + one.logit, base)
      expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(seriousness, 3)
    }),
    { numRuns: 50 },
  )
})

test('words are named as they are written, each once', async () => {
  const { contributions } = await model.explain({ title: 'Pizza, pizza! Why pizza?' })
  const names = contributions.map(({ feature }) => feature)
  for (const name of ['pizza', 'why pizza', 'first word: pizza', 'last word: ?', 'form: length of the title'])
    expect(names).toContain(name)
  expect(new Set(names).size).toBe(names.length)
})

test('each feature has one contribution, also words that are spelled like measures or differ only in capitals', async () => {
  const post = { title: 'Digits digits of Ārija āda!!! and !!!!' }
  const { contributions } = await model.explain(post)
  const names = contributions.map(({ feature }) => feature)
  for (const name of ['digits', 'form: digits', 'Ārija', 'āda', '!!!']) expect(names).toContain(name)
  expect(names).not.toContain('!!!!')
  expect(contributions).toHaveLength(new Set(listFeatures(post).map(({ index }) => index)).size)
})

test('long words in Latin letters also have a beginning and an end; short words, numbers and other scripts have none', () => {
  const title = 'Électrification TRAINS train 1234567 железная abcd🎉x lol😂😂😂 Webサイトを作る サイトmaking 2×3×4×5'
  const names = listFeatures({ title }).map(({ name }) => name)
  const parts = names.filter((name) => /^…|…$/.test(name))
  expect(parts).toEqual(['élect…', '…ion', 'train…', '…ins', '…ing'])
})

test('the contributions of a word that occurs several times are added up', async () => {
  const title = 'What are tariffs?'
  const push = async (post: TextPost): Promise<number> =>
    (await model.explain(post)).contributions.find(({ feature }) => feature === 'tariffs')!.logit
  const [once, thrice] = [await push({ title }), await push({ title, selftext: 'tariffs tariffs' })]
  // Weights are divided by the root of the number of features.
  const counts = [{ title }, { title, selftext: 'tariffs tariffs' }].map((post) => listFeatures(post).length)
  expect(thrice * Math.sqrt(counts[1]!)).toBeCloseTo(3 * once * Math.sqrt(counts[0]!), 3)
})

test('a post is cut at the limits of ingest, and never inside a character', async () => {
  const short = { title: 'a question', selftext: null }
  expect(toScoredText(short)).toBe(short)
  const { title, selftext } = toScoredText({ title: `${'x'.repeat(999)}🎉`, selftext: 'y'.repeat(100_001) })
  expect(title).toBe('x'.repeat(999))
  expect(selftext).toHaveLength(100_000)
  const long = 'What is this about? '.repeat(80)
  expect(await model.score([{ title: long }])).toEqual(await model.score([{ title: long.slice(0, 1_000) }]))
})
