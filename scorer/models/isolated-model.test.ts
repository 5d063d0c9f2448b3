import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { wordPieceTokenizer, writeTinyTransformer } from '../testing/tiny-transformer.ts'
import { IsolatedModel } from './isolated-model.ts'
import { loadScoringModel } from './load-model.ts'
import { scoreEach, UnscorablePostError } from './score-each.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-isolated-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A pattern whose search takes twice as long for each further `a`. */
const CATASTROPHIC = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' }
const hang = { title: `${'a'.repeat(200)}!` }

test('a text that a regular expression of the tokenizer never finishes fails, and other texts are scored', async () => {
  await writeTinyTransformer(folder, { tokenizer: { ...wordPieceTokenizer(), normalizer: CATASTROPHIC } })
  const model = await IsolatedModel.load({ folder, threads: 1, maxStepMs: 400 })
  expect(model.name).toBe('tiny-1')
  const [alone, [good, stuck], explained] = await Promise.all([
    model.score([{ title: 'why' }]),
    scoreEach(model, [{ title: 'why' }, hang]),
    model.explain({ title: 'why' }),
  ])
  expect([good, explained.seriousness]).toEqual([alone[0], alone[0]])
  expect(stuck).toBeInstanceOf(UnscorablePostError)
  expect(String(stuck)).toContain('its tokenizer does not come to an end')
  const left = model.explain(hang, AbortSignal.timeout(10))
  await expect(left).rejects.toThrow('timeout')
})

test('a tokenizer that cannot be built in time is refused, and so are files that do not belong together', async () => {
  // The tokenizer is tried with the text "a" when it is loaded.
  const normalizer = { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: hang.title }, CATASTROPHIC] }
  await writeTinyTransformer(folder, { tokenizer: { ...wordPieceTokenizer(), normalizer } })
  const loading = IsolatedModel.load({ folder, threads: 1, maxStepMs: 100 })
  await expect(loading).rejects.toThrow('cannot be loaded: its tokenizer does not come to an end')
  await writeTinyTransformer(folder, { tokenizer: {} })
  const error: unknown = await loadScoringModel(folder).catch((found: unknown) => found)
  expect(error).toBeInstanceOf(OperationalError)
  expect((error as Error).message).toContain('tokenizer.json is not a tokenizer that this program can run')
})
