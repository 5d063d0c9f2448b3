import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { POSITIONS, toTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SERIOUS_WORDS = ['why', 'does', 'policy', 'science', 'inflation', 'evidence', 'explain']
const BANTER_WORDS = ['lol', 'pizza', 'cat', 'meme', 'bro', 'yeet', '!']
const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789')
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']
export const TOKENS = [
  ...SPECIAL,
  ...SERIOUS_WORDS,
  ...BANTER_WORDS,
  'the',
  '?',
  ...letters,
  ...letters.map((l) => `##${l}`),
]

export interface TinyTransformer extends TinyGraph {
  /** Further fields of model.json. */
  readonly manifest?: object
  /** Further fields of config.json. */
  readonly config?: object
  /** The content of tokenizer.json. */
  readonly tokenizer?: object
}

/** How serious a word is; a word above 0 is serious. */
const polarityOf = (token: string): number =>
  SERIOUS_WORDS.includes(token) ? 1.5 : BANTER_WORDS.includes(token) ? -1.5 : 0

/** Writes a folder as a user would bring it: a small transformer's graph, tokenizer, settings and `model.json`. */
export async function writeTinyTransformer(
  folder: string,
  { manifest = {}, config = {}, tokenizer = wordPieceTokenizer(), ...options }: TinyTransformer = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const graph = toTinyGraph(TOKENS.map(polarityOf), options)
  const sha256 = createHash('sha256').update(graph).digest('hex')
  await writeFile(join(folder, 'model.onnx'), graph)
  const files = {
    'model.json': { name: 'tiny-1', sha256, ...manifest },
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': { model_max_length: 1e30, pad_token: '[PAD]' },
    'config.json': { max_position_embeddings: POSITIONS, id2label: { 0: 'unserious', 1: 'serious' }, ...config },
  }
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(json))
}

/** A tokenizer for pieces of words, as in BERT. */
export function wordPieceTokenizer(): object {
  return {
    ...BERT_PARTS,
    version: '1.0',
    truncation: null,
    padding: { strategy: 'BatchLongest', direction: 'Right', pad_id: 0, pad_token: '[PAD]', pad_type_id: 0 },
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true, normalized: false })),
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])),
    },
  }
}

/** A tokenizer for whole words; words that it does not have are unknown. */
export const wordLevelTokenizer = (): object => ({
  ...wordPieceTokenizer(),
  model: { type: 'WordLevel', unk_token: '[UNK]', vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])) },
})

const BERT_PARTS = {
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
}

/** A tokenizer for bytes of letters, as in GPT-2, with two merges. */
export const byteLevelTokenizer = (): object => ({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    unk_token: null,
    vocab: Object.fromEntries(['Ġ', ...letters, 'lo', 'lol'].map((token, id) => [token, id])),
    merges: ['l o', 'lo l'],
  },
})
