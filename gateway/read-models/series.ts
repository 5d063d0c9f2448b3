import { badInput } from '../protocol/errors.ts'
import type { ReadModels } from './read-models.ts'
import type { TimeRange } from './time-range.ts'

/** The most rows of one query. */
export const MAX_ROWS = 20_000

export interface SeriesArgs {
  readonly model: string
  /** Subreddits, in lower case. */
  readonly names: readonly string[]
  readonly range: TimeRange
}

/** The parameters of one query of a series. */
export interface SeriesQuestion extends SeriesArgs {
  readonly range: TimeRange & { readonly most: number }
}

type RowsByName<Row> = ReadonlyMap<string, readonly Row[]>

/** Reads the rows by time of each name, in the order of the names, such as `Subreddit.hourly`. Made by {@link defineSeries}. */
export type Series<Row> = (models: ReadModels, args: SeriesArgs) => readonly (readonly Row[])[]

export interface SeriesDefinition<Queries, Row> {
  /** The field and the kind of its rows. The message that refuses too many rows begins with it. */
  readonly what: string
  /** The queries of the read model that has the rows, such as `models.of(weeklyQueries).queries`. */
  readonly queriesOf: (models: ReadModels) => Queries | undefined
  /** One query for all subreddits; returns undefined when there are more than `range.most` rows. */
  readonly read: (queries: Queries, question: SeriesQuestion) => RowsByName<Row> | undefined
}

/** Makes a series that a SeriesLoader can load. It throws BAD_USER_INPUT if a client asks for too many rows. */
export function defineSeries<Queries, Row>({ what, queriesOf, read }: SeriesDefinition<Queries, Row>): Series<Row> {
  return (models, args) => {
    const queries = queriesOf(models)
    if (queries === undefined) return args.names.map(() => [])
    const rows = read(queries, { ...args, range: { ...args.range, most: MAX_ROWS } })
    if (rows !== undefined) return args.names.map((name) => rows.get(name) ?? [])
    throw badInput(`${what}: more than ${MAX_ROWS}. Ask for a shorter range or for fewer subreddits`)
  }
}
