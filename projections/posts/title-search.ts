import type { Database } from 'better-sqlite3'

/** More words hardly narrow a search, and each word is read from the index. */
const MAX_WORDS = 8
/**
 * How many pages of the index (4 kB each) the words of a search may span if the beginnings of words are searched. FTS5 merges
 * all words with the same beginning in memory before the first match, which takes about a millisecond a page.
 */
const MAX_PREFIX_PAGES = 30
/**
 * FTS5 reads the list of titles of each word that it matches, which takes long for words that are in millions of titles. So only
 * the rarest words of a search are matched in the index, and the other frequent words are looked for in the titles found.
 */
const MIN_MATCHED = 4

/** FTS5 puts this byte before each word of its main index. */
const MAIN_INDEX = Buffer.from('0')
/** No UTF-8 text has this byte, so it comes after all words with the same beginning. */
const AFTER_ALL = Buffer.from([0xff])
/** No word has this byte, so it comes after the word itself and before all longer words. */
const AFTER_WORD = Buffer.from([0])

/**
 * The number of index pages from one word up to another, over all segments of the index. `titles_idx` has the first word of
 * most pages with the page's number, doubled (the format is described in SQLite's ext/fts5/fts5_index.c).
 */
const COUNT_PAGES = `
  WITH RECURSIVE segments (segid) AS (
    SELECT min(segid) FROM titles_idx
    UNION ALL
    SELECT (SELECT min(i.segid) FROM titles_idx i WHERE i.segid > segments.segid) FROM segments WHERE segid IS NOT NULL
  )
  SELECT sum(1
    + coalesce(
        (SELECT pgno >> 1 FROM titles_idx i WHERE i.segid = s.segid AND i.term >= $end ORDER BY i.term LIMIT 1),
        (SELECT id & 0x7fffffff FROM titles_data WHERE id < (s.segid << 37) + (1 << 31) ORDER BY id DESC LIMIT 1)
      )
    - coalesce(
        (SELECT pgno >> 1 FROM titles_idx i WHERE i.segid = s.segid AND i.term <= $start ORDER BY i.term DESC LIMIT 1), 1
      ))
  FROM segments s WHERE segid IS NOT NULL`

/** Only these words are looked for in titles, because the index folds them as JavaScript does. */
const PLAIN = /^[a-z0-9]+$/

/** What a search asks of the index, and of the titles that the index finds. */
export interface TitleQuery {
  /** A full-text query; an empty text if there is nothing to search for. */
  readonly match: string
  /** Frequent words, separated by spaces, that are not part of the full-text query; an empty text if there are none. */
  readonly others: string
}

interface Term {
  readonly word: string
  readonly isPrefix: boolean
  readonly pages: number
}

/** Turns a user's words into a full-text query whose work is limited. */
export class TitleSearch {
  readonly #countPages

  constructor(database: Database) {
    this.#countPages = database.prepare<[object], number | null>(COUNT_PAGES).pluck()
    database.function('has_words', { deterministic: true }, (title, words) =>
      hasWords(title as string, words as string) ? 1 : 0,
    )
  }

  /**
   * A query for titles that have all of the words, in any order. Each word also matches as the beginning of a longer
   * word, unless so many words of the index begin with it that reading them would take too long. Words are quoted, so
   * that none is read as syntax. Repeated words count once, and words after the first eight are ignored.
   */
  toQuery(search: string): TitleQuery {
    const terms = this.#toTerms([...new Set(search.toLowerCase().match(/[\p{L}\p{N}]+/gu))].slice(0, MAX_WORDS))
    const rarestLast = terms.filter(isFrequent).toSorted((a, b) => b.pages - a.pages)
    const others = new Set(rarestLast.slice(0, Math.max(0, terms.length - MIN_MATCHED)))
    const matched = terms.filter((term) => !others.has(term))
    return {
      match: matched.map(({ word, isPrefix }) => `"${word}"${isPrefix ? '*' : ''}`).join(' '),
      others: Array.from(others, ({ word }) => word).join(' '),
    }
  }

  #toTerms(words: readonly string[]): Term[] {
    let left = MAX_PREFIX_PAGES
    return words.map((word) => {
      const pages = this.#pagesOf(word, AFTER_ALL)
      if (pages > left) return { word, isPrefix: false, pages: this.#pagesOf(word, AFTER_WORD) }
      left -= pages
      return { word, isPrefix: true, pages }
    })
  }

  /**
   * The pages of the words from this one up to a word that ends differently. Two spellings are counted because FTS5 folds some
   * letters differently.
   */
  #pagesOf(word: string, ending: Buffer): number {
    const spellings = new Set([word, word.toUpperCase().toLowerCase()].map(withoutMarks))
    return Math.max(...Array.from(spellings, (spelling) => this.#pagesFrom(spelling, ending)))
  }

  #pagesFrom(beginning: string, ending: Buffer): number {
    const start = Buffer.concat([MAIN_INDEX, Buffer.from(beginning)])
    return this.#countPages.get({ start, end: Buffer.concat([start, ending]) }) ?? 0
  }
}

/** Whether a word is in so many titles that its list spans many pages of the index. */
const isFrequent = ({ word, isPrefix, pages }: Term): boolean =>
  !isPrefix && pages > MAX_PREFIX_PAGES && PLAIN.test(word)

/** Whether a title has all of the words, which are separated by spaces. */
function hasWords(title: string, words: string): boolean {
  const text = ` ${withoutMarks(title)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{Co}]+/gu, ' ')} `
  return words.split(' ').every((word) => text.includes(` ${word} `))
}

/** The index has letters without their diacritical marks. */
const withoutMarks = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : text.normalize('NFD').replaceAll(/\p{M}/gu, '')
