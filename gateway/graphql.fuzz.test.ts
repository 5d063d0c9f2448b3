import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLType,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fuzz } from '../schema/testing/fuzz.ts'
import { hostileJson, hostileText } from '../schema/testing/mutations.ts'
import { encodeCursor } from './protocol/cursor.ts'
import { TestGateway, type Answer } from './testing/test-gateway.ts'

const MAX_DEPTH = 5
const schema = buildSchema(readFileSync(new URL('../schema/api.graphql', import.meta.url), 'utf8'))
const NOW = Math.floor(Date.now() / 1_000)

let gateway: TestGateway
beforeAll(() => {
  gateway = new TestGateway()
  gateway.files.add(
    { id: 'aa1', subreddit: 'AskScience', title: 'Why is "ice" lighter?', createdUtc: NOW, seriousness: 8_000 },
    { id: 'aa2', subreddit: 'AskScience', title: 'ice ice', createdUtc: NOW - 7_200, seriousness: 6_000 },
    { id: 'ff1', subreddit: 'funny', title: 'lol ice', createdUtc: NOW, seriousness: 1_000 },
    { id: 'aa3', subreddit: 'AskScience', createdUtc: NOW },
  )
})
afterAll(() => gateway[Symbol.dispose]())

type Draw = fc.GeneratorValue

const cursor = fc
  .tuple(
    fc.constantFrom('subreddits MOST_POSTS', 'subreddits NAME', 'posts NEWEST', 'posts MOST_SERIOUS', 'scored', ''),
    fc.array(fc.oneof(hostileText, fc.integer(), fc.double({ noNaN: true }))),
  )
  .map(([kind, place]) => encodeCursor(kind, ...place))
const sensibleText = fc.constantFrom('askscience', 'ice', 'serious-1', 'aa1', '2026-11-20T13:00:00Z', 'i* OR "e')

/** A field cannot be an argument of `draw`, which compares the arguments of its calls: the types of a schema contain each other. */
const pick = <T>(items: readonly T[], draw: Draw): T => items[draw(fc.nat, { max: items.length - 1 })]!

/** A value for an argument: mostly of the argument's type, sometimes of any type. */
function drawValue(type: GraphQLType, draw: Draw): unknown {
  if (draw(fc.nat, { max: 19 }) === 0) return draw(() => hostileJson)
  if (isNonNullType(type)) return drawValue(type.ofType, draw)
  if (isListType(type)) return Array.from({ length: draw(fc.nat, { max: 3 }) }, () => drawValue(type.ofType, draw))
  if (isEnumType(type)) return draw(fc.constantFrom, ...type.getValues().map(({ name }) => name))
  if (getNamedType(type).toString() === 'Int') return draw(fc.constantFrom, 0, 1, 3, 100, 101, -1, 2 ** 31)
  return draw(() => fc.oneof(sensibleText, hostileText, cursor))
}

interface Question {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A query of random fields of a type. Each argument is a variable, so that it can have any value. */
const question = fc.gen().map((draw): Question => {
  const variables: Record<string, unknown> = {}
  const declared: string[] = []
  const toArgument = ({ name, type }: GraphQLArgument): string => {
    const variable = `v${declared.length}`
    declared.push(`$${variable}: ${type.toString()}`)
    variables[variable] = drawValue(type, draw)
    return `${name}: $${variable}`
  }
  const select = (type: GraphQLObjectType, depth: number): string => {
    const fields = Object.values(type.getFields()).filter(
      (field) => depth < MAX_DEPTH || !isObjectType(getNamedType(field.type)),
    )
    const chosen = Array.from({ length: draw(fc.integer, { min: 1, max: 4 }) }, () => pick(fields, draw))
    const texts = chosen.map(({ name, args, type: itsType }, index) => {
      const given = args.filter(({ type: its }) => isNonNullType(its) || draw(fc.boolean)).map(toArgument)
      const inner = getNamedType(itsType)
      const selection = isObjectType(inner) ? ` ${select(inner, depth + 1)}` : ''
      return `f${index}: ${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection}`
    })
    return `{ __typename ${texts.join(' ')} }`
  }
  const body = select(schema.getQueryType()!, 0)
  return { query: `query${declared.length > 0 ? `(${declared.join(', ')})` : ''} ${body}`, variables }
})

function requireExpected({ data, errors = [] }: Answer): void {
  expect(data !== undefined || errors.length > 0).toBe(true)
  for (const { message, extensions } of errors) {
    // An error of SQLite is masked as a read model that cannot be read.
    expect(['INTERNAL_SERVER_ERROR', 'READ_MODEL_UNAVAILABLE']).not.toContain(extensions?.code)
    expect(message).not.toMatch(/unexpected error|sqlite|node_modules/i)
  }
}

test('any query of the schema with any arguments is answered or refused', () =>
  fuzz(question, async ({ query, variables }) => requireExpected(await gateway.ask(query, variables))))

test('any text as a query is refused', () =>
  fuzz(
    fc.oneof(hostileText, fc.string({ unit: fc.constantFrom(...Array.from('{}()[]:$!."\\#@|&= \nquerysubdit0')) })),
    async (query) => requireExpected(await gateway.ask(query)),
  ))
