import { getIntrospectionQuery } from 'graphql'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSchema, createYoga } from 'graphql-yoga'
import { codeOf, TestGateway, type Answer } from '../testing/test-gateway.ts'
import { useLimits } from './limits.ts'

let gateway: TestGateway
beforeEach(() => void (gateway = new TestGateway()))
afterEach(() => gateway[Symbol.dispose]())

const codeFor = async (query: string, variables?: object): Promise<unknown> =>
  codeOf(await gateway.ask(query, variables))

test('the queries of the pages, a thousand rows and the introspection of GraphiQL are allowed', async () => {
  expect(await codeFor(getIntrospectionQuery())).toBeUndefined()
  expect(await codeFor(`{ subreddits(first: 1000) { nodes { name allTime { mean posts } } } }`)).toBeUndefined()
  expect(await codeFor(`{ subreddits { nodes { name hourly { hour mean posts } } } }`)).toBeUndefined()
  expect(
    await codeFor(`{ subreddits(first: 100) { nodes { name posts(first: 10) { nodes { id title } } } } }`),
  ).toBeUndefined()
})

test('the cost of a page depends on its variables', async () => {
  const query = `query ($first: Int = 1000, $inner: Int) {
    subreddits(first: $first) { nodes { posts(first: $inner) { nodes { id title } } } } }`
  expect(await codeFor(query, { first: 10, inner: 10 })).toBeUndefined()
  expect(await codeFor(query, { first: 1000, inner: 1000 })).toBe('QUERY_TOO_LARGE')
  expect(await codeFor(query, { inner: 100 })).toBe('QUERY_TOO_LARGE')
  expect(await codeFor(query, { inner: 1 })).toBeUndefined()
})

test('the cost of hours depends on their range, and all years of one subreddit are allowed', async () => {
  const query = `query ($from: DateTime, $to: DateTime) {
    subreddits(first: 100) { nodes { hourly(from: $from, to: $to) { posts mean } } } }`
  const one = `{ subreddit(name: "x") { hourly(from: "2005-01-01T00:00:00Z") { hour posts mean } } }`
  expect(await codeFor(one)).toBeUndefined()
  expect(await codeFor(query)).toBeUndefined()
  expect(await codeFor(query, { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' })).toBeUndefined()
  expect(await codeFor(query, { from: '2026-01-01T00:00:00Z', to: '2026-12-01T00:00:00Z' })).toBe('QUERY_TOO_LARGE')
})

test('documents that are too deep, too wide or too long are refused with a code', async () => {
  const wide = Array.from({ length: 1_100 }, (_, index) => `a${index}: __typename`).join(' ')
  const deep = `{ subreddits { nodes { posts { nodes { ... on Post { id } } } } } }`
  expect((await gateway.ask(`{ ${wide} }`)).errors?.[0]?.message).toMatch(/fields.*allowed/)
  expect(await codeFor(`{ ${wide} }`)).toBe('QUERY_TOO_LARGE')
  expect(await codeFor(`{ subreddits ${'{ nodes '.repeat(20)} { name } ${'}'.repeat(20)} }`)).toBe('QUERY_TOO_LARGE')
  expect(await codeFor(`{ ${'__typename '.repeat(5_000)} }`)).toBe('GRAPHQL_PARSE_FAILED')
  expect(await codeFor(`{ nothing }`)).toBe('GRAPHQL_VALIDATION_FAILED')
  expect((await gateway.ask(deep)).errors).toBeUndefined()
})

test('many searches in one request cost more than one request may', async () => {
  const searches = (count: number): string =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: posts(search: "x", first: 1) { nodes { id } }`).join(' ')} }`
  expect(await codeFor(searches(5))).toBeUndefined()
  expect(await codeFor(searches(50))).toBe('QUERY_TOO_LARGE')
})

test('an answer with very many fields is refused, also when its rows are few enough', async () => {
  const titles = (count: number): string =>
    `{ posts(first: 1000) { nodes { ${Array.from({ length: count }, (_, index) => `a${index}: title`).join(' ')} } } }`
  expect(await codeFor(titles(1))).toBeUndefined()
  expect(await codeFor(titles(20))).toBe('QUERY_TOO_LARGE')
})

test('each read counts, however little is selected of it', async () => {
  const pages = (first: number): string =>
    `{ subreddits(first: ${first}) { nodes { posts(first: 1) { nodes { id } } } } }`
  expect(await codeFor(pages(1_000))).toBeUndefined()
  const twice = `{ subreddits(first: 1000) { nodes { a: posts(first: 1) { nodes { id } } b: posts(first: 1) { nodes { id } } } } }`
  expect(await codeFor(twice)).toBe('QUERY_TOO_LARGE')
  const aliases = Array.from({ length: 200 }, (_, index) => `a${index}: subreddit(name: "x") { name }`).join(' ')
  expect(await codeFor(`{ ${aliases} }`)).toBeUndefined()
})

test('a page of explanations is allowed, and more than one page is not', async () => {
  const explained = (first: number): string =>
    `{ posts(first: ${first}) { nodes { explanation { contributions { feature } } } } }`
  expect(await codeFor(explained(50))).toBeUndefined()
  expect(await codeFor(explained(100))).toBe('QUERY_TOO_LARGE')
  const events = await gateway.subscribe(`subscription { postScored { post { explanation { base } } } }`)
  await expect(events.next()).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE' })
})

test('fragments that form a cycle or double one another are answered at once', async () => {
  const fragments = Array.from(
    { length: 40 },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
  ).join('\n')
  const bomb = `{ ...F0 } ${fragments} fragment F40 on Query { pipeline { posts } }`
  expect((await gateway.ask(bomb)).errors).toBeDefined()
  expect((await gateway.ask(`{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`)).errors).toBeDefined()
})

test('an event of a subscription may cost less than a query', async () => {
  const events = await gateway.subscribe(
    `subscription { subredditUpdated { posts(first: 1000) { nodes { id title } } } }`,
  )
  await expect(events.next()).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE' })
})

test('a page or a series that is added to the schema is counted by its arguments, whatever it is called', async () => {
  const typeDefs = `
    type Query { things(first: Int = 30): [Thing!]! }
    type Thing { weekly(from: String, to: String): [Week!]! }
    type Week { posts: Int! }`
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers: { Query: { things: () => [] } } }),
    plugins: [useLimits()],
    logging: false,
  })
  const ask = async (query: string): Promise<unknown> => {
    const response = await yoga.fetch(`http://localhost/graphql?query=${encodeURIComponent(query)}`)
    return codeOf((await response.json()) as Answer)
  }
  expect(await ask('{ things { weekly { posts } } }')).toBeUndefined()
  expect(await ask('{ things { weekly(from: "2005-01-01T00:00:00Z") { posts } } }')).toBeUndefined()
  expect(await ask('{ things(first: 300) { weekly(from: "2005-01-01T00:00:00Z") { posts } } }')).toBe('QUERY_TOO_LARGE')
  expect(await ask('{ things(first: 1000) { weekly { a: posts b: posts } } }')).toBe('QUERY_TOO_LARGE')
  const fields = Array.from({ length: 6 }, (_, index) => `a${index}: posts`).join(' ')
  expect(await ask(`{ things { weekly { ${fields} } } }`)).toBeUndefined()
  expect(await ask(`{ things(first: 50) { weekly { ${fields} } } }`)).toBe('QUERY_TOO_LARGE')
})

test('a few costly queries are executed at a time, and small ones beside them', async () => {
  const free = Promise.withResolvers<void>()
  const executed: number[] = []
  const rows = async (_: unknown, { first }: { readonly first: number }): Promise<object[]> => {
    executed.push(first)
    if (first > 1) await free.promise
    return [{ id: '1' }]
  }
  const typeDefs = `type Query { rows(first: Int!): [Row!]! } type Row { id: ID! }`
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers: { Query: { rows } } }),
    plugins: [useLimits()],
    logging: false,
    maskedErrors: false,
  })
  const ask = async (first: number): Promise<Answer> => {
    const fields = Array.from({ length: 30 }, (_, index) => `a${index}: id`).join(' ')
    const url = `http://localhost/graphql?query=${encodeURIComponent(`{ rows(first: ${first}) { ${fields} } }`)}`
    return (await yoga.fetch(url)).json() as Promise<Answer>
  }
  const costly = Array.from({ length: 210 }, () => ask(1_000))
  expect((await ask(1)).errors).toBeUndefined()
  expect(executed).toEqual([1_000, 1_000, 1_000, 1])
  free.resolve()
  const codes = (await Promise.all(costly)).map(({ errors }) => errors?.[0]?.extensions?.code)
  expect(codes.filter((code) => code === undefined)).toHaveLength(203)
  expect(codes.filter((code) => code === 'OVERLOADED')).toHaveLength(7)
})
