import DataLoader from 'dataloader'
import { badInput } from '../protocol/errors.ts'
import type { ReadModels } from './read-models.ts'
import type { TimeRange } from './time-range.ts'

/** The most rows of one query; reading them takes about a tenth of a second. */
const MAX_ROWS = 100_000

/** The parameters of one query of a series. */
export interface SeriesQuestion {
  readonly model: string
  /** Subreddits, in lower case. */
  readonly names: readonly string[]
  readonly range: TimeRange & { readonly most: number }
}

type RowsByName<Row> = ReadonlyMap<string, readonly Row[]>

/** Rows by time of each subreddit, such as `Subreddit.hourly`. Made by {@link defineSeries}. */
export type Series<Row> = (models: ReadModels, question: SeriesQuestion) => RowsByName<Row>

export interface SeriesDefinition<Queries, Row> {
  /** The field and the kind of its rows. The message that refuses too many rows begins with it. */
  readonly what: string
  /** The queries of the read model that has the rows, such as `models.of(weeklyQueries).queries`. */
  readonly queriesOf: (models: ReadModels) => Queries | undefined
  /** One query for all subreddits; returns undefined when there are more than `range.most` rows. */
  readonly read: (queries: Queries, question: SeriesQuestion) => RowsByName<Row> | undefined
}

/** Makes a series that {@link SeriesLoader} can load. It throws BAD_USER_INPUT if a client asks for too many rows. */
export function defineSeries<Queries, Row>({ what, queriesOf, read }: SeriesDefinition<Queries, Row>): Series<Row> {
  return (models, question) => {
    const queries = queriesOf(models)
    if (queries === undefined) return new Map()
    const rows = read(queries, question)
    if (rows !== undefined) return rows
    throw badInput(`${what}: more than ${question.range.most}. Ask for a shorter range or for fewer subreddits`)
  }
}

/**
 * Loads the series of the subreddits of one answer, or of one round of updates. Subreddits that are asked for in the same
 * tick share one query for each series and range, and each is read once.
 */
export class SeriesLoader {
  /** The time of the whole answer. It gives all subreddits the same default range, so that they share a query. */
  readonly nowSeconds = Math.floor(Date.now() / 1_000)
  readonly #models: ReadModels
  readonly #model: string
  readonly #loaders = new Map<unknown, Map<string, unknown>>()

  constructor(models: ReadModels, model: string) {
    this.#models = models
    this.#model = model
  }

  /** @param subreddit in lower case */
  load<Row>(series: Series<Row>, subreddit: string, range: TimeRange): Promise<readonly Row[]> {
    const byRange = this.#loaders.get(series) ?? new Map<string, unknown>()
    this.#loaders.set(series, byRange)
    const key = `${range.from} ${range.to}`
    const loader = (byRange.get(key) as DataLoader<string, readonly Row[]>) ?? this.#createLoader(series, range)
    byRange.set(key, loader)
    return loader.load(subreddit)
  }

  #createLoader<Row>(series: Series<Row>, range: TimeRange): DataLoader<string, readonly Row[]> {
    return new DataLoader(async (names) => {
      const question = { model: this.#model, names, range: { ...range, most: MAX_ROWS } }
      const rows = series(this.#models, question)
      return names.map((name) => rows.get(name) ?? [])
    })
  }
}
