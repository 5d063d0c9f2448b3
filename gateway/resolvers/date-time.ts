import { GraphQLScalarType, Kind } from 'graphql'
import { badInput } from '../protocol/errors.ts'

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

function parse(value: unknown): Date {
  if (typeof value === 'string' && ISO.test(value) && !Number.isNaN(Date.parse(value))) return new Date(value)
  throw badInput('a DateTime is ISO 8601 with its zone, such as 2026-11-20T13:00:00Z')
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'ISO 8601, UTC, to the second',
  serialize: (value) => (value as Date).toISOString().replace('.000Z', 'Z'),
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
})
