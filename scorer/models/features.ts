/**
 * Turns a text into features. Training and scoring share this file, so that the two can never differ. A row holds measures
 * of form (length, capitals, punctuation), then hashed words, pairs of neighbouring words, and the beginnings and ends of
 * long words: first those of the title, then those of the text, until the row is full. A word is a run of letters and
 * digits of any script; a run of one punctuation mark is a word as well.
 */

/** The size of the table of weights. No feature has the index 0, because 0 comes before the first post of a batch. */
export const BUCKETS = 2 ** 22
/** The most features of a post. The first words say most, and the limit keeps the cost of a long text small. */
export const MAX_FEATURES = 384
/** The version of this file's behaviour. A scoring model names the version that it was trained with. */
export const FEATURES_VERSION = 4
/** The most characters that are read of a title, and of a text. */
export const MAX_CHARACTERS = 2_000

/** A run of punctuation marks counts as no longer than this. */
const MAX_RUN = 3
/** How many letters the beginning and the end of a long word have. Both help with words that training did not see. */
const BEGINNING = 5
const ENDING = 3
/** Beginnings and ends are of Latin letters only: training data has few other scripts, and some have no spaces. */
const isLatin = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 0xc0 && code < 0x250 && code !== 0xd7 && code !== 0xf7)

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const BIGRAM_SEED = 0x9e3779b1
const FORM_SEED = 0x5bd1e995
/** The hashes that stand before the first word of a title, and after the last one. */
const FIRST_SEED = 0x01234567
const LAST_SEED = 0x07654321
const BEGINNING_SEED = 0x2c1b3c6d
const ENDING_SEED = 0x297a2d39

export interface TextPost {
  readonly title: string
  readonly selftext?: string | null | undefined
}

/**
 * Writes the features of one post into `row` (MAX_FEATURES long, zero where unused).
 * @returns how many were written
 */
export function writeFeatures(post: TextPost, row: Int32Array): number {
  return write(post, row, undefined)
}

/**
 * The factor for a row of so many features. Without it, the score of a longer post would be more extreme only because
 * the post is longer.
 */
export const toScale = (features: number): number => Math.fround(1 / Math.sqrt(Math.max(1, features)))

export interface NamedFeature {
  readonly index: number
  /** A word or pair of words as it is hashed, the beginning or end of a word, or the name of a measure of form. */
  readonly name: string
  /** Distinguishes a measure of form from a word that is spelled like its name. */
  readonly kind: 'form' | 'word'
}

/** The features of one post with their names, in the order of its row. */
export function listFeatures(post: TextPost): NamedFeature[] {
  const row = new Int32Array(MAX_FEATURES)
  const names: string[] = []
  write(post, row, names)
  const forms = hasLatinWords(post.title) ? FORM_NAMES.length : 0
  return names.map((name, at) => ({ index: row[at]!, name, kind: at < forms ? 'form' : 'word' }))
}

function write(post: TextPost, row: Int32Array, names: string[] | undefined): number {
  const title = post.title.replace(COMMUNITY_MARK, '')
  const text = cleanText(post.selftext)
  let count = 0
  if (hasLatinWords(title)) {
    count = writeForm(title, text, row)
    names?.push(...FORM_NAMES)
  }
  count = writeText(title, row, count, true, names)
  if (text !== '') count = writeText(text, row, count, false, names)
  row.fill(0, count)
  return count
}

/**
 * Marks that belong to one community. They are left out, because they show where a post was made and not how serious it
 * is.
 */
const COMMUNITY_MARK =
  /^\s*[[(]?(?:ELI5|ELIC|SLPT|ULPT|LPT|MRW|MFW|TIL|DPT|FWD|FW|CMV|AMA|IAMA?|TIFU|WP|PsBattle)\b[\])]?\s*[:\-–—,]*\s*/i

/** Form is measured only if a title has Latin letters, because the measures mean nothing for other titles. */
const hasLatinWords = (title: string): boolean => /[a-z]/i.test(title)

/** The names of the measures, in the order of `measures` below. */
const FORM_NAMES = [
  'length of the title',
  'shouted words',
  'small first letter',
  'capitalised words',
  'share of punctuation',
  'last character',
  'digits',
  'drawn-out letters',
  'characters beyond ASCII',
  'length of the text',
  'length of the words',
]

/** Drops the mark of a removed text, because it shows how a community is moderated and not what was written. */
export function cleanText(text: string | null | undefined): string {
  return text === null || text === undefined || text === '[removed]' || text === '[deleted]' ? '' : text
}

/** Writes the form of a title, each measure as one of a few steps. Form shows the tone of a post, whatever its topic. */
function writeForm(title: string, text: string, row: Int32Array): number {
  const length = Math.min(title.length, MAX_CHARACTERS)
  let [upper, lower, digits, marks, others] = [0, 0, 0, 0, 0]
  let [words, capitalised, shouted, drawnOut] = [0, 0, 0, 0]
  let [wordLength, wordUpper, repeats, previous] = [0, 0, 0, 0]
  for (let at = 0; at <= length; at++) {
    // A space behind the title ends its last word.
    const code = at < length ? title.charCodeAt(at) : 32
    const isUpper = code >= 65 && code <= 90
    const isLower = code >= 97 && code <= 122
    if (isUpper) upper++
    else if (isLower) lower++
    else if (code >= 48 && code <= 57) digits++
    else if (code > 127) others++
    else if (code > 32) marks++
    repeats = isLower && code === previous ? repeats + 1 : 0
    if (repeats >= 2) drawnOut = 1
    previous = code
    if (isUpper || isLower || code === 39) {
      if (wordLength === 0) {
        words++
        if (isUpper) capitalised++
      }
      wordLength++
      if (isUpper) wordUpper++
    } else {
      if (wordLength >= 3 && wordUpper === wordLength) shouted++
      wordLength = wordUpper = 0
    }
  }
  const first = title.charCodeAt(0)
  const measures = [
    step(title.length, [1, 10, 20, 35, 50, 70, 100, 150, 220]),
    step(shouted, [1, 2, 4]) + (lower === 0 && upper > 3 ? 10 : 0),
    first >= 97 && first <= 122 ? 1 : 0,
    words > 2 ? step(capitalised / words, [0.2, 0.5, 0.85]) : 9,
    step(marks / Math.max(1, length), [0.005, 0.02, 0.04, 0.08]),
    END_MARKS.indexOf(title.trimEnd().at(-1) ?? ' ') + 1,
    step(digits, [1, 3]),
    drawnOut,
    step(others, [1, 4, 20]),
    step(text.length, [1, 80, 250, 700, 1_500]),
    words > 0 ? step((upper + lower) / words, [3.5, 4.2, 5, 5.8]) : 9,
  ]
  for (const [at, measure] of measures.entries()) row[at] = toIndex(mix(mix(FORM_SEED, at + 1), measure + 1))
  return measures.length
}

const END_MARKS = `.?!…)]"'`

/** The number of ascending limits that a value reaches. */
function step(value: number, limits: readonly number[]): number {
  let reached = 0
  while (reached < limits.length && value >= limits[reached]!) reached++
  return reached
}

function writeText(text: string, row: Int32Array, start: number, isTitle: boolean, names?: string[]): number {
  const length = Math.min(text.length, MAX_CHARACTERS)
  let count = start
  let previous = 0
  let previousWord = ''
  let at = 0
  while (at < length && count < MAX_FEATURES) {
    const code = text.charCodeAt(at)
    if (isSpace(code)) {
      at++
      continue
    }
    const from = at
    let hash = FNV_OFFSET
    let beginning = 0
    /** Length of the run of Latin letters that ends here. */
    let latin = 0
    if (isWordCode(code)) {
      for (; at < length && isWordCode(text.charCodeAt(at)); at++) {
        const letter = text.charCodeAt(at)
        if (latin === BEGINNING && at - from === BEGINNING) beginning = hash
        latin = isLatin(letter) ? latin + 1 : 0
        hash = mix(hash, toLower(letter))
      }
    } else {
      // A run of one mark: "!" and "!!!" are different words, but "!!!!" is the same as "!!!".
      let run = 0
      for (; at < length && text.charCodeAt(at) === code; at++) if (run++ < MAX_RUN) hash = mix(hash, code)
    }
    row[count++] = toIndex(hash)
    const hasFirst = previous === 0 && isTitle && count < MAX_FEATURES
    if (hasFirst) row[count++] = toIndex(mix(hash, FIRST_SEED))
    const hasPair = previous !== 0 && count < MAX_FEATURES
    if (hasPair) row[count++] = toIndex(Math.imul(previous ^ BIGRAM_SEED, FNV_PRIME) ^ hash)
    const hasBeginning = beginning !== 0 && count < MAX_FEATURES
    if (hasBeginning) row[count++] = toIndex(mix(beginning, BEGINNING_SEED))
    const hasEnding = latin >= ENDING && at - from > BEGINNING && count < MAX_FEATURES
    if (hasEnding) row[count++] = toIndex(hashEnding(text, at))
    previous = hash
    if (names === undefined) continue
    const word = toName(text.slice(from, at), isWordCode(code))
    names.push(word)
    if (hasFirst) names.push(`first word: ${word}`)
    if (hasPair) names.push(`${previousWord} ${word}`)
    if (hasBeginning) names.push(`${word.slice(0, BEGINNING)}…`)
    if (hasEnding) names.push(`…${word.slice(-ENDING)}`)
    previousWord = word
  }
  if (isTitle && previous !== 0 && count < MAX_FEATURES) {
    row[count++] = toIndex(mix(previous, LAST_SEED))
    names?.push(`last word: ${previousWord}`)
  }
  return count
}

/** The last letters before `end`. */
function hashEnding(text: string, end: number): number {
  let hash = ENDING_SEED
  for (let at = end - ENDING; at < end; at++) hash = mix(hash, toLower(text.charCodeAt(at)))
  return hash
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

/** Writes a word as it is hashed, so that two features have the same name only when they are the same. */
const toName = (run: string, isWord: boolean): string =>
  isWord ? run.replace(/[A-Z\u00c0-\u00de\u0410-\u042f]/g, (letter) => letter.toLowerCase()) : run.slice(0, MAX_RUN)

const isSpace = (code: number): boolean => code <= 32 || code === 0xa0 || code === 0x3000

function isWordCode(code: number): boolean {
  if (code < 128)
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 39
  // Everything beyond Latin punctuation and the general punctuation block counts as letters, emoji included.
  return code >= 0xc0 && !(code >= 0x2000 && code <= 0x206f) && code !== 0x3000
}

const toLower = (code: number): number =>
  (code >= 65 && code <= 90) || (code >= 0xc0 && code <= 0xde) || (code >= 0x410 && code <= 0x42f) ? code + 32 : code
