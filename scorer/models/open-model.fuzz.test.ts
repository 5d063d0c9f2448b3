import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { fuzz } from '../../schema/testing/fuzz.ts'
import { mutatedBytes, mutatedJson } from '../../schema/testing/mutations.ts'
import { wordPieceTokenizer, writeTinyTransformer } from '../testing/tiny-transformer.ts'
import { openModel } from './open-model.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-model-fuzz-'))
})
afterAll(() => rm(folder, { recursive: true }))

const CONFIG = { max_position_embeddings: 32, id2label: { 0: 'unserious', 1: 'serious' }, model_type: 'bert' }
const MANIFEST = { name: 'tiny-1', sha256: 'a'.repeat(64), files: { 'config.json': 'b'.repeat(64) }, maxLength: 16 }
const toText = (json: unknown): string => JSON.stringify(json)
const change = fc.oneof(
  fc.record({ name: fc.constant('tokenizer.json'), content: mutatedJson(wordPieceTokenizer()).map(toText) }),
  fc.record({ name: fc.constant('config.json'), content: mutatedJson(CONFIG).map(toText) }),
  fc.record({ name: fc.constant('model.json'), content: mutatedJson(MANIFEST).map(toText) }),
  fc.record({
    name: fc.constantFrom('tokenizer.json', 'config.json', 'model.json', 'model.onnx'),
    content: mutatedBytes(toText(wordPieceTokenizer()), toText(CONFIG), toText(MANIFEST)),
  }),
)

test('a folder with a changed file is a scoring model, or is refused with a sentence', () =>
  fuzz(
    change,
    async ({ name, content }) => {
      await writeTinyTransformer(folder)
      await writeFile(join(folder, name), content)
      try {
        const model = await openModel(folder, { threads: 1, guard: (step) => step() })
        const [seriousness] = await model.score([{ title: 'Why does ice float?', selftext: 'lol' }])
        expect(seriousness).toBeGreaterThanOrEqual(0)
        expect(seriousness).toBeLessThanOrEqual(1)
      } catch (error) {
        expect(error).toBeInstanceOf(OperationalError)
      }
    },
    50,
  ))
