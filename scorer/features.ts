/**
 * Text to features, shared by training and scoring so that the two can never differ: hashed words and pairs of
 * neighbouring words of the title, then of the text, until the row is full. Words are runs of letters and digits of any
 * script; a run of one punctuation mark is a word of its own, since form says much about tone.
 */

/** Weights in the table. Index 0 pads short rows and has weight 0. */
export const BUCKETS = 2 ** 18
/** Features a post: the first words say most, and a fixed width keeps inference flat. */
export const MAX_FEATURES = 96
/** Version of this file's behaviour; a model names the one that it was trained with. */
export const FEATURES_VERSION = 1
/** Characters that are looked at, however long a text is. */
const MAX_CHARACTERS = 2_000

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const BIGRAM_SEED = 0x9e3779b1
const TITLE_ONLY_MARK = 0x51ed270b

export interface TextPost {
  readonly title: string
  readonly selftext?: string | null | undefined
}

/**
 * Writes the features of one post into `row` (MAX_FEATURES long, zero where unused).
 * @returns how many were written
 */
export function writeFeatures(post: TextPost, row: Int32Array): number {
  let count = writeText(post.title, row, 0)
  const text = cleanText(post.selftext)
  if (text !== '' && count < MAX_FEATURES) count = writeText(text, row, count)
  else if (text === '' && count < MAX_FEATURES) row[count++] = toIndex(TITLE_ONLY_MARK)
  row.fill(0, count)
  return count
}

/** What a deleted body leaves behind tells how a community is moderated, not what was said. */
function cleanText(text: string | null | undefined): string {
  return text === null || text === undefined || text === '[removed]' || text === '[deleted]' ? '' : text
}

function writeText(text: string, row: Int32Array, start: number): number {
  const length = Math.min(text.length, MAX_CHARACTERS)
  let count = start
  let previous = 0
  let at = 0
  while (at < length && count < MAX_FEATURES) {
    const code = text.charCodeAt(at)
    if (isSpace(code)) {
      at++
      continue
    }
    let hash = FNV_OFFSET
    if (isWordCode(code)) {
      for (; at < length && isWordCode(text.charCodeAt(at)); at++) hash = mix(hash, toLower(text.charCodeAt(at)))
    } else {
      // A run of the same mark: "!" and "!!!" are told apart, "!!!!" is not from "!!!".
      let run = 0
      for (; at < length && text.charCodeAt(at) === code; at++) if (run++ < 3) hash = mix(hash, code)
    }
    row[count++] = toIndex(hash)
    if (previous !== 0 && count < MAX_FEATURES)
      row[count++] = toIndex(Math.imul(previous ^ BIGRAM_SEED, FNV_PRIME) ^ hash)
    previous = hash
  }
  return count
}

const mix = (hash: number, code: number): number => Math.imul(hash ^ code, FNV_PRIME)

/** Scrambles a hash (finaliser of MurmurHash3, public domain) into 1…BUCKETS - 1. */
function toIndex(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return ((h >>> 0) % (BUCKETS - 1)) + 1
}

const isSpace = (code: number): boolean => code <= 32 || code === 0xa0 || code === 0x3000

function isWordCode(code: number): boolean {
  if (code < 128)
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 39
  // Everything beyond Latin punctuation and the general punctuation block counts as letters, emoji included.
  return code >= 0xc0 && !(code >= 0x2000 && code <= 0x206f) && code !== 0x3000
}

const toLower = (code: number): number =>
  (code >= 65 && code <= 90) || (code >= 0xc0 && code <= 0xde) || (code >= 0x410 && code <= 0x42f) ? code + 32 : code
