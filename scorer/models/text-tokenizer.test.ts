import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { byteLevelTokenizer, TOKENS, wordLevelTokenizer, wordPieceTokenizer } from '../testing/tiny-transformer.ts'
import { TextTokenizer } from './text-tokenizer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-tokenizer-'))
})
afterEach(() => rm(folder, { recursive: true }))

const manifest = { name: 'tiny-1', sha256: '0'.repeat(64) }

async function load(tokenizer: object, settings: object = {}, config = {}, limit = Infinity): Promise<TextTokenizer> {
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(settings))
  return TextTokenizer.load(folder, manifest, { config, limit, guard: (step) => step() })
}

const ids = (text: string): number[] => text.split(' ').map((token) => TOKENS.indexOf(token))

test('reads pieces of words, with special tokens around them', async () => {
  const tokenizer = await load(wordPieceTokenizer())
  expect(tokenizer.encode('Why, DOES lolx?')).toEqual(ids('[CLS] why [UNK] does lol ##x ? [SEP]'))
  expect(tokenizer.encode('x12 the!')).toEqual(ids('[CLS] x ##1 ##2 the ! [SEP]'))
  expect(tokenizer.encode('')).toEqual(ids('[CLS] [SEP]'))
  expect(tokenizer.highestId).toBe(TOKENS.length - 1)
  expect(tokenizer.padId).toBe(0)
})

test('reads whole words; unknown words have a token although no setting names it', async () => {
  const tokenizer = await load(wordLevelTokenizer())
  expect(tokenizer.encode('why whyever')).toEqual(ids('[CLS] why [UNK] [SEP]'))
})

test('reads pairs of bytes; parts without a token are left out, and a text without tokens is one token of padding', async () => {
  const tokenizer = await load(byteLevelTokenizer(), { pad_token: { content: 'Ġ' } })
  const vocabulary = ['Ġ', ...'abcdefghijklmnopqrstuvwxyz0123456789'.split(''), 'lo', 'lol']
  expect(tokenizer.encode('lol lox')).toEqual(['lol', 'Ġ', 'lo', 'x'].map((token) => vocabulary.indexOf(token)))
  expect(tokenizer.encode('ü')).toEqual([0])
})

test('a long text keeps its first tokens, and its special ones', async () => {
  const tokenizer = await load({ ...wordPieceTokenizer(), truncation: { direction: 'Right', max_length: 5 } })
  expect(tokenizer.encode('why does the cat yeet')).toEqual(ids('[CLS] why does the [SEP]'))
  expect(tokenizer.encode('why '.repeat(50_000))).toHaveLength(5)
})

test('a long text keeps its last tokens if the settings cut on the left', async () => {
  const tokenizer = await load(wordPieceTokenizer(), { truncation_side: 'left', padding_side: 'left' }, {}, 5)
  expect(tokenizer.encode('why does the cat yeet')).toEqual(ids('[CLS] the cat yeet [SEP]'))
  expect(tokenizer.encode(`${'why '.repeat(50_000)} cat`)).toEqual(ids('[CLS] why why cat [SEP]'))
})

test.each([
  ['512 by default', {}, {}, 512],
  ['the length that the tokenizer was made for', { model_max_length: 128 }, { max_position_embeddings: 512 }, 128],
  ['the positions of the graph', { model_max_length: 1e30 }, { max_position_embeddings: 64 }, 64],
  [
    'the positions behind the padding token',
    { model_max_length: 512 },
    { model_type: 'roberta', max_position_embeddings: 130, pad_token_id: 1 },
    128,
  ],
])('reads %s', async (_, settings, config, expected) => {
  expect((await load(wordPieceTokenizer(), settings, config)).maxLength).toBe(expected)
})

test('refuses a file that is not a tokenizer', async () => {
  await expect(load({})).rejects.toThrow(/tokenizer\.json is not a tokenizer that this program can run/)
  await expect(load([])).rejects.toThrow(/tokenizer\.json must be a JSON object/)
  await expect(load({ ...wordPieceTokenizer(), model: { type: 'Other' } })).rejects.toThrow('Unknown TokenizerModel')
  await writeFile(join(folder, 'tokenizer.json'), '{')
  await expect(TextTokenizer.load(folder, manifest, { config: {}, limit: 8, guard: (step) => step() })).rejects.toThrow(
    /tokenizer\.json is not JSON/,
  )
})

test('a limit that leaves no token of a text is refused', async () => {
  for (const limit of [0, 2, 2.5])
    await expect(load(wordPieceTokenizer(), {}, { max_position_embeddings: limit })).rejects.toThrow(
      `may read only ${limit} tokens of a text`,
    )
  expect((await load(wordPieceTokenizer(), {}, { max_position_embeddings: 3 })).maxLength).toBe(3)
})
