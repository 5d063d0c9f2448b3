import type { Static, TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { badInput } from '../protocol/errors.ts'
import type { PathParts } from './routes.ts'

/** The keywords of JSON Schema that parameters may have. */
type ParameterSchema = TSchema & {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
}

/**
 * Creates a function that reads the parameters which a schema describes from a path and a query. The function ignores
 * other parameters. For a wrong parameter it throws BAD_USER_INPUT, whose message says what the parameter must be.
 */
export function createParameterReader<Asks extends TObject>(asks: Asks) {
  const checker = Compile(asks)
  const schemas: Readonly<Record<string, ParameterSchema>> = asks.properties
  return (parts: PathParts, query: URLSearchParams): Static<Asks> => {
    const asked: Record<string, unknown> = {}
    for (const [name, schema] of Object.entries(schemas)) {
      const raw = parts[name] === undefined ? query.get(name) : decode(name, parts[name])
      const value = raw === null ? schema.default : toValue(schema, raw)
      if (value !== undefined) asked[name] = value
    }
    if (checker.Check(asked)) return asked
    const [error] = checker.Errors(asked)
    const name = error!.instancePath.slice(1)
    throw badInput(`${name} must be ${toExpectation(schemas[name]!)}`)
  }
}

function decode(name: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badInput(`${name} is not properly encoded`)
  }
}

/** Turns a text into a value of the schema's type. A text that does not fit stays a text, which the schema then refuses. */
function toValue(schema: ParameterSchema, raw: string): unknown {
  if (schema.type === 'integer') return /^\d+$/.test(raw) ? Number(raw) : raw
  return schema.enum === undefined ? raw : raw.toLowerCase()
}

function toExpectation(schema: ParameterSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (schema.type === 'integer') return `a whole number from ${schema.minimum} to ${schema.maximum}`
  return `a ${schema.type}`
}
