import { MAX_INFO_IDS } from '../listing/listing-page.ts'

/** An answer is full, so that more ids can be read at once, when at least this share of the ids asked for were given out. */
const FULL_SHARE = 0.9
/** A request reserves places for one and a half times as many new ids as came last, plus this many. */
const SPARE_IDS = 20
/** The share of ids with a post is taken over about this many of the newest ids. */
const WINDOW_IDS = 200
/** The share of fewer ids is not meaningful. */
const LEAST_IDS = 50
/** Ids are sparse when fewer than this share of them lead to a post. */
const SPARSE_SHARE = 0.5

/** How fast new ids are given out at the front of the sweep, and how many of them lead to a post. */
export class FrontPace {
  /** Whether the last answer showed no new id. */
  isIdle = false
  #ids = 0
  #found = 0
  /** How many new ids came since the last answer that was not full. */
  #round = 0
  /** How many new ids came up to that answer, since the one before it that was not full. */
  #lastRound = MAX_INFO_IDS

  /**
   * Notes an answer.
   * @param asked how many ids were asked for
   * @param given how many of them have been given out
   * @param found how many of them led to a post
   * @returns whether the answer was full
   */
  add({ asked, given, found }: { asked: number; given: number; found: number }): boolean {
    const keep = Math.max(0, 1 - given / WINDOW_IDS)
    this.#ids = this.#ids * keep + given
    this.#found = this.#found * keep + found
    this.isIdle = given === 0
    this.#round += given
    if (given >= FULL_SHARE * asked) return true
    this.#lastRound = this.#round
    this.#round = 0
    return false
  }

  /** Whether most of the newest ids lead to no post. */
  get isSparse(): boolean {
    return this.#ids >= LEAST_IDS && this.#found < SPARSE_SHARE * this.#ids
  }

  /** How many ids to retry fit into the next request beside the new ones. It may be negative. */
  get room(): number {
    return this.#round > 0 ? 0 : MAX_INFO_IDS - SPARE_IDS - Math.ceil(1.5 * this.#lastRound)
  }
}
