import type { Database } from 'better-sqlite3'

/** More words hardly narrow a search, and each word is read from the index. */
const MAX_WORDS = 8
/**
 * How many pages of the index (4 kB each) the words of a search may span if the beginnings of words are searched. FTS5 merges
 * all words with the same beginning in memory before the first match, which takes about a millisecond a page.
 */
const MAX_PREFIX_PAGES = 30

/** FTS5 puts this byte before each word of its main index. */
const MAIN_INDEX = Buffer.from('0')
/** No UTF-8 text has this byte, so it comes after all words with the same beginning. */
const AFTER_ALL = Buffer.from([0xff])

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

/** Turns a user's words into a full-text query whose work is limited. */
export class TitleSearch {
  readonly #countPages

  constructor(database: Database) {
    this.#countPages = database.prepare<[object], number | null>(COUNT_PAGES).pluck()
  }

  /**
   * A full-text query for titles that have all of the words, in any order. Each word also matches as the beginning of a
   * longer word, unless so many words of the index begin with it that reading them would take too long. Words are quoted,
   * so that none is read as syntax. Repeated words count once, and words after the first eight are ignored.
   * @returns an empty text if there is nothing to search for
   */
  toMatch(search: string): string {
    const words = new Set(search.toLowerCase().match(/[\p{L}\p{N}]+/gu))
    let left = MAX_PREFIX_PAGES
    return [...words]
      .slice(0, MAX_WORDS)
      .map((word) => {
        const pages = this.#pagesOf(word)
        if (pages > left) return `"${word}"`
        left -= pages
        return `"${word}"*`
      })
      .join(' ')
  }

  /** The pages of the words that begin with this one. Two spellings are counted because FTS5 folds some letters differently. */
  #pagesOf(word: string): number {
    const spellings = new Set([word, word.toUpperCase().toLowerCase()].map(withoutMarks))
    return Math.max(...Array.from(spellings, (spelling) => this.#pagesFrom(spelling)))
  }

  #pagesFrom(beginning: string): number {
    const start = Buffer.concat([MAIN_INDEX, Buffer.from(beginning)])
    return this.#countPages.get({ start, end: Buffer.concat([start, AFTER_ALL]) }) ?? 0
  }
}

/** The index has letters without their diacritical marks. */
const withoutMarks = (word: string): string => word.normalize('NFD').replaceAll(/\p{M}/gu, '')
