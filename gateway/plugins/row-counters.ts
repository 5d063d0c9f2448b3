import { valueFromASTUntyped, type GraphQLArgument, type GraphQLSchema } from 'graphql'
import { DEFAULT_PAGE, MAX_PAGE } from '../protocol/page-size.ts'
import { DEFAULT_HOURS } from '../read-models/time-range.ts'

/** A long range counts as this many hours: most of its hours have no posts and so no row, and reading limits the rows. */
const MOST_HOURS = 1_200
const HOUR_MS = 3_600_000

type Arguments = (name: string) => unknown

/** For each list, by the name of its field: the most rows that it can have, given its arguments. */
export type RowCounters = ReadonlyMap<string, (argument: Arguments) => number>

/**
 * Finds the list fields of a schema by their arguments: a page has `first`, a series has `from` and `to`. So a list
 * that is added to the schema is counted without being named here.
 */
export function toRowCounters(schema: GraphQLSchema): RowCounters {
  const counters = new Map<string, (argument: Arguments) => number>()
  for (const type of Object.values(schema.getTypeMap()))
    for (const field of 'getFields' in type ? Object.values(type.getFields()) : []) {
      const counter = 'args' in field ? toRowCounter(field.args) : undefined
      if (counter !== undefined) counters.set(field.name, counter)
    }
  return counters
}

function toRowCounter(args: readonly GraphQLArgument[]): ((argument: Arguments) => number) | undefined {
  const first = args.find(({ name }) => name === 'first')
  if (first !== undefined) {
    const standard = first.default?.literal && valueFromASTUntyped(first.default.literal)
    return (argument) => pageSize(argument('first') ?? standard)
  }
  const isSeries = ['from', 'to'].every((wanted) => args.some(({ name }) => name === wanted))
  return isSeries ? (argument) => hoursBetween(argument('from'), argument('to')) : undefined
}

/** The number of rows in a page. Its resolver refuses a size that is out of range. */
const pageSize = (first: unknown): number =>
  typeof first === 'number' ? Math.min(MAX_PAGE, Math.max(1, first)) : DEFAULT_PAGE

function hoursBetween(from: unknown, to: unknown): number {
  const end = typeof to === 'string' ? Date.parse(to) : Date.now()
  const start = typeof from === 'string' ? Date.parse(from) : end - DEFAULT_HOURS * HOUR_MS
  const hours = Math.ceil((end - start) / HOUR_MS)
  return Number.isFinite(hours) ? Math.min(MOST_HOURS, Math.max(1, hours)) : DEFAULT_HOURS
}
