import { MAX_INFO_IDS } from '../listing/listing-page.ts'

/** The share of an answer that is a full one: there is more at once. */
const FULL_SHARE = 0.9
/** Room for new ids in a request, beyond half as many again as came last. */
const SPARE_IDS = 20
/** Of so many ids the newest tell how dense they are. */
const WINDOW_IDS = 200
/** Fewer say nothing. */
const LEAST_IDS = 50
const SPARSE_SHARE = 0.5

/** How many ids come at the front of the walk, and how many of them lead to a post. */
export class FrontPace {
  /** Whether the last answer brought no new id. */
  isIdle = false
  #ids = 0
  #found = 0
  /** New ids since the last answer that was not full, and before it. */
  #round = 0
  #lastRound = MAX_INFO_IDS

  /** Notes an answer. @returns whether it was full */
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

  /** Whether most of the last ids are missing. */
  get isSparse(): boolean {
    return this.#ids >= LEAST_IDS && this.#found < SPARSE_SHARE * this.#ids
  }

  /** How many other ids the next request has room for; negative: none. */
  get room(): number {
    return this.#round > 0 ? 0 : MAX_INFO_IDS - SPARE_IDS - Math.ceil(1.5 * this.#lastRound)
  }
}
