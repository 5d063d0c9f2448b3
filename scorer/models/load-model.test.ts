import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { MAX_FEATURES, writeFeatures } from './features.ts'
import { loadScoringModel } from './load-model.ts'
import type { ScoringModel } from './scoring-model.ts'

let model: ScoringModel
beforeAll(async () => {
  model = await loadScoringModel('ml/model')
})

test('a question scores above a joke', async () => {
  const [question, joke] = await model.score([
    { title: 'What caused the decline of the Hanseatic League in the sixteenth century?' },
    { title: 'lol when ur dog steals the pizza again!!!' },
  ])
  expect(question).toBeGreaterThan(0.6)
  expect(joke).toBeLessThan(0.4)
})

test('any text scores from 0 to 1, with four decimals, alone and in a batch', async () => {
  const texts = fc.array(
    fc.record({ title: fc.string({ unit: 'binary' }), selftext: fc.option(fc.string({ maxLength: 3_000 })) }),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  await fc.assert(
    fc.asyncProperty(texts, async (posts) => {
      const together = await model.score(posts)
      const alone = (await Promise.all(posts.map((post) => model.score([post])))).flat()
      expect(together).toEqual(alone)
      for (const score of together)
        expect(score >= 0 && score <= 1 && Math.round(score * 1e4) / 1e4 === score).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('neither empty posts nor a full row of features change the scores of their neighbours', async () => {
  const [empty, short] = [{ title: '' }, { title: 'me irl' }]
  const long = { title: 'On tariffs', selftext: Array.from({ length: 400 }, (_, at) => `economists${at}`).join(' ') }
  expect(writeFeatures(long, new Int32Array(MAX_FEATURES))).toBe(MAX_FEATURES)
  const posts = [empty, long, empty, short, long, empty]
  const alone = (await Promise.all(posts.map((post) => model.score([post])))).flat()
  expect(await model.score(posts)).toEqual(alone)
  expect(new Set(alone).size).toBe(3)
})

test('a graph that does not match its description is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-model-'))
  await cp('ml/model', folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), 'something else')
  await expect(loadScoringModel(folder)).rejects.toThrow(/not the file that model.json describes/)
  await writeFile(join(folder, 'model.json'), '{"name":"x"}')
  await expect(loadScoringModel(folder)).rejects.toThrow(/model.json/)
  await rm(folder, { recursive: true })
})

test('files without an end, or of an absurd size, are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-model-'))
  const manifest = join(folder, 'model.json')
  await symlink('/dev/zero', manifest)
  await expect(loadScoringModel(folder)).rejects.toThrow(/Cannot read .*model\.json: it is not a regular file/)
  await rm(manifest)
  await writeFile(manifest, ' '.repeat(2 ** 20 + 1))
  await expect(loadScoringModel(folder)).rejects.toThrow(/Cannot read .*model\.json: it has more than 1 MiB/)
  await cp('ml/model/model.json', manifest)
  await symlink('/dev/zero', join(folder, 'model.onnx'))
  await expect(loadScoringModel(folder)).rejects.toThrow(/Cannot read .*model\.onnx \(it is not a regular file\)/)
  await rm(folder, { recursive: true })
})

test('the shipped scoring model gives the golden cases their scores, to four decimals, alone and together', async () => {
  const lines = (await readFile('ml/golden.jsonl', 'utf8')).trimEnd().split('\n')
  const cases = lines.map((line) => JSON.parse(line) as { title: string; selftext?: string; seriousness: number })
  expect(cases.length).toBeGreaterThan(10)
  const expected = cases.map(({ seriousness }) => seriousness)
  expect(await model.score(cases)).toEqual(expected)
  expect((await Promise.all(cases.map((post) => model.score([post])))).flat()).toEqual(expected)
})
