import DataLoader from 'dataloader'
import type { Reader, ReadResult, SeriesName } from './reads.ts'
import type { TimeRange } from './time-range.ts'

/** The rows of a series for one subreddit. */
type Rows<Name extends SeriesName> = ReadResult<Name>[number]

/**
 * Loads the series of the subreddits of one answer, or of one round of updates. Subreddits that are asked for in the same
 * tick share one read for each series and range, and each is read once.
 */
export class SeriesLoader {
  /** The time of the whole answer. It gives all subreddits the same default range, so that they share a read. */
  readonly nowSeconds = Math.floor(Date.now() / 1_000)
  readonly reader: Reader
  readonly #model: string
  readonly #loaders = new Map<string, unknown>()

  /** @param reader also reads everything else of the same subreddits */
  constructor(reader: Reader, model: string) {
    this.reader = reader
    this.#model = model
  }

  /** @param subreddit in lower case */
  load<Name extends SeriesName>(series: Name, subreddit: string, range: TimeRange): Promise<Rows<Name>> {
    const key = `${series} ${range.from} ${range.to}`
    let loader = this.#loaders.get(key) as DataLoader<string, Rows<Name>> | undefined
    if (loader === undefined) this.#loaders.set(key, (loader = this.#createLoader(series, range)))
    return loader.load(subreddit)
  }

  #createLoader<Name extends SeriesName>(series: Name, range: TimeRange): DataLoader<string, Rows<Name>> {
    return new DataLoader((names) => this.reader.read(series, { model: this.#model, names, range }) as never)
  }
}
