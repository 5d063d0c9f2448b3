import { badInput } from './errors.ts'

/** Rows of one query: about a tenth of a second. */
const MAX_ROWS = 100_000

/** Seconds since the epoch; `to` is not included. */
export interface HourRange {
  readonly from: number
  readonly to: number
}

type Rows<Row> = ReadonlyMap<string, readonly Row[]>

interface Batch<Row> {
  readonly names: Set<string>
  readonly found: Promise<Rows<Row>>
}

export interface RangeBatchesOptions<Row> {
  /** The field that asks, and what its rows are, for messages. */
  readonly what: string
  /** One query; undefined when it would give more than `most` rows. */
  readonly read: (names: readonly string[], range: HourRange & { readonly most: number }) => Rows<Row> | undefined
}

/**
 * Rows by hour of many subreddits: what is asked for in one turn of the event loop is one query, and what was read is
 * handed to all who ask for it.
 */
export class RangeBatches<Row> {
  readonly #options: RangeBatchesOptions<Row>
  readonly #batches = new Map<string, Batch<Row>>()
  readonly #loaded = new Map<string, Promise<readonly Row[]>>()

  constructor(options: RangeBatchesOptions<Row>) {
    this.#options = options
  }

  load(subreddit: string, range: HourRange): Promise<readonly Row[]> {
    const key = `${range.from} ${range.to}`
    const id = `${subreddit} ${key}`
    let rows = this.#loaded.get(id)
    if (rows === undefined) {
      const batch = this.#batches.get(key) ?? this.#openBatch(key, range)
      batch.names.add(subreddit)
      rows = batch.found.then((found) => found.get(subreddit) ?? [])
      this.#loaded.set(id, rows)
    }
    return rows
  }

  #openBatch(key: string, range: HourRange): Batch<Row> {
    const names = new Set<string>()
    const found = new Promise<void>((resolve) => process.nextTick(resolve)).then(() => {
      this.#batches.delete(key)
      const rows = this.#options.read([...names], { ...range, most: MAX_ROWS })
      if (rows !== undefined) return rows
      throw badInput(`${this.#options.what}: more than ${MAX_ROWS}. Ask for a shorter range or for fewer subreddits`)
    })
    const batch = { names, found }
    this.#batches.set(key, batch)
    return batch
  }
}
