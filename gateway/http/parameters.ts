import type { Static, TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { badInput } from '../protocol/errors.ts'
import type { PathParts } from './routes.ts'

/** What the parameters' schemas may say beside their type. */
type ParameterSchema = TSchema & {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
}

/**
 * Makes what reads the parameters that a schema describes, out of a path and a query. Parameters that it does not describe
 * are ignored. What it makes throws BAD_USER_INPUT, which says what the first wrong parameter should be.
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

/** A text as a value of the schema's type; one that does not fit stays a text, which the schema refuses. */
function toValue(schema: ParameterSchema, raw: string): unknown {
  if (schema.type === 'integer') return /^\d+$/.test(raw) ? Number(raw) : raw
  return schema.enum === undefined ? raw : raw.toLowerCase()
}

function toExpectation(schema: ParameterSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (schema.type === 'integer') return `a whole number from ${schema.minimum} to ${schema.maximum}`
  return `a ${schema.type}`
}
