import type { HourRow } from '../projections/hourly/queries.ts'
import { badInput } from './errors.ts'
import type { ReadModels } from './read-models.ts'

/** Rows of one query: about a tenth of a second. */
const MAX_HOURS = 100_000

interface Batch {
  readonly names: Set<string>
  readonly found: Promise<ReadonlyMap<string, readonly HourRow[]>>
}

/**
 * The hours of the subreddits of one answer, or of one round of updates: what is asked for in one turn of the event loop
 * is one query, and what was read is handed to all who ask for it.
 */
export class HourlyLoader {
  readonly #models: ReadModels
  readonly #model: string
  readonly #batches = new Map<string, Batch>()
  readonly #loaded = new Map<string, Promise<readonly HourRow[]>>()
  /** One clock for the whole answer: its subreddits then share a range. */
  readonly nowSeconds = Math.floor(Date.now() / 1_000)

  constructor(models: ReadModels, model: string) {
    this.#models = models
    this.#model = model
  }

  /** Hours with posts from `from` up to, not including, `to` (seconds since the epoch), oldest first. */
  load(subreddit: string, from: number, to: number): Promise<readonly HourRow[]> {
    const range = `${from} ${to}`
    const id = `${subreddit} ${range}`
    let hours = this.#loaded.get(id)
    if (hours === undefined) {
      const batch = this.#batches.get(range) ?? this.#openBatch(range, from, to)
      batch.names.add(subreddit)
      hours = batch.found.then((found) => found.get(subreddit) ?? [])
      this.#loaded.set(id, hours)
    }
    return hours
  }

  #openBatch(range: string, from: number, to: number): Batch {
    const names = new Set<string>()
    const found = new Promise<void>((resolve) => process.nextTick(resolve)).then(() => {
      this.#batches.delete(range)
      const queries = this.#models.hourly.queries
      if (queries === undefined) return new Map<string, HourRow[]>()
      const hours = queries.ranges(this.#model, [...names], { from, to, most: MAX_HOURS })
      if (hours === undefined)
        throw badInput(
          `hourly: more than ${MAX_HOURS} hours with posts. Ask for a shorter range or for fewer subreddits`,
        )
      return hours
    })
    const batch = { names, found }
    this.#batches.set(range, batch)
    return batch
  }
}
