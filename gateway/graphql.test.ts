import { afterEach, beforeEach, expect, test } from 'vitest'
import fc from 'fast-check'
import type { ReadModelFiles } from './testing/read-model-files.ts'
import { codeOf as code, TestGateway, type Answer } from './testing/test-gateway.ts'

const NOW = Math.floor(Date.now() / 1_000)
let gateway: TestGateway
let files: ReadModelFiles
const ask = (query: string, variables?: object): Promise<Answer> => gateway.ask(query, variables)

beforeEach(() => {
  gateway = new TestGateway()
  files = gateway.files
})
afterEach(() => gateway[Symbol.dispose]())

test('subreddits have the spelling that most posts use, and their figures', async () => {
  files.add(
    { id: 'a1', subreddit: 'AskScience', createdUtc: NOW, seriousness: 8_000 },
    { id: 'a2', subreddit: 'askscience', createdUtc: NOW, seriousness: 6_000 },
    { id: 'a3', subreddit: 'AskScience', createdUtc: NOW, seriousness: 4_000 },
    { id: 'b1', subreddit: 'funny_pets', createdUtc: NOW, seriousness: 1_000 },
  )
  const { data } = await ask(
    `{ subreddits { totalCount nodes { name allTime { mean posts standardDeviation } hourly { posts mean } } } }`,
  )
  expect(data.subreddits.totalCount).toBe(2)
  expect(data.subreddits.nodes[0]).toMatchObject({ name: 'AskScience', allTime: { posts: 3 }, hourly: [{ posts: 3 }] })
  expect(data.subreddits.nodes[0]!.allTime.mean).toBeCloseTo(0.6, 12)
  expect(data.subreddits.nodes[0]!.allTime.standardDeviation).toBeCloseTo(Math.sqrt(8 / 3) / 10, 12)
  expect(data.subreddits.nodes[1]!.hourly).toEqual([{ posts: 1, mean: 0.1 }])
  const names = async (search: string): Promise<string[]> =>
    (
      await ask(`query ($search: String) { subreddits(search: $search) { nodes { name } } }`, { search })
    ).data.subreddits.nodes.map((node: { name: string }) => node.name)
  expect(await names('SCI')).toEqual(['AskScience'])
  expect(await names('y_p')).toEqual(['funny_pets'])
  expect(await names('k_s')).toEqual([])
  expect(await names('%')).toEqual([])
})

test('a subreddit is found in any case, and is null when it is not tracked', async () => {
  files.add(
    { id: 'a1', subreddit: 'AskScience', createdUtc: NOW, seriousness: 8_000 },
    { id: 'n1', subreddit: 'new', createdUtc: NOW },
  )
  expect((await ask(`{ subreddit(name: "aSKscience") { name } }`)).data.subreddit).toEqual({ name: 'AskScience' })
  expect((await ask(`{ subreddit(name: "nowhere") { name } }`)).data.subreddit).toBeNull()
  expect((await ask(`{ subreddit(name: "new") { name } }`)).data.subreddit).toBeNull()
})

test('a post has no seriousness until it is scored', async () => {
  files.add(
    { id: 'n1', subreddit: 'new', createdUtc: 1_764_000_000 },
    { id: 'n2', subreddit: 'new', createdUtc: 1_764_000_001, seriousness: 8_731 },
  )
  const { data } = await ask(
    `{ a: post(id: "n1") { id createdAt seriousness model } b: post(id: "n2") { seriousness model } c: post(id: "../") { id } }`,
  )
  expect(data.a).toEqual({
    id: 'n1',
    createdAt: expect.stringMatching(/^2025-11-24T16:00:00(?:\.000)?Z$/),
    seriousness: null,
    model: null,
  })
  expect(data.b).toEqual({ seriousness: 0.8731, model: 'serious-1' })
  expect(data.c).toBeNull()
})

test('a post is found by its full name, in any case', async () => {
  files.add({ id: '1abc2d', subreddit: 'aa', createdUtc: NOW, seriousness: 1 })
  const { data } = await ask(
    `{ a: post(id: "t3_1abc2d") { id } b: post(id: "T3_1ABC2D") { id } c: post(id: "t3_") { id } }`,
  )
  expect(data).toEqual({ a: { id: '1abc2d' }, b: { id: '1abc2d' }, c: null })
})

test('posts are searched by the beginnings of words, and no search is read as syntax', async () => {
  files.add(
    { id: 'a1', subreddit: 'AskScience', title: 'Größe of planets', createdUtc: NOW, seriousness: 8_000 },
    { id: 'a2', subreddit: 'funny', title: 'A cat OR a dog', createdUtc: NOW, seriousness: 100 },
  )
  const ids = async (search: string): Promise<string[]> =>
    (await ask(`query ($s: String) { posts(search: $s) { nodes { id } } }`, { s: search })).data.posts.nodes.map(
      (node: { id: string }) => node.id,
    )
  expect(await ids('große plan')).toEqual(['a1'])
  expect(await ids('größ plan')).toEqual(['a1'])
  expect(await ids('cat or')).toEqual(['a2'])
  for (const hostile of ['"', 'a"b*', 'NEAR(', 'title:', '^', '-', 'AND', '()'])
    expect(Array.isArray(await ids(hostile))).toBe(true)
})

test('the error for a mistake of a client has a code', async () => {
  expect(code(await ask(`{ posts(first: 0) { nodes { id } } }`))).toBe('BAD_USER_INPUT')
  expect(code(await ask(`{ posts(first: 1001) { nodes { id } } }`))).toBe('BAD_USER_INPUT')
  expect(code(await ask(`{ posts(after: "nonsense") { nodes { id } } }`))).toBe('BAD_USER_INPUT')
  files.add({ id: 'a1', subreddit: 'aa', createdUtc: NOW, seriousness: 1 })
  const { data } = await ask(`{ posts { pageInfo { endCursor } } }`)
  const after = data.posts.pageInfo.endCursor
  expect(
    code(
      await ask(`query ($after: String) { posts(after: $after, orderBy: MOST_SERIOUS) { nodes { id } } }`, { after }),
    ),
  ).toBe('BAD_USER_INPUT')
})

test('paging returns each post once, whatever arrives in between', async () => {
  const walk = async (
    orderBy: string,
    times: readonly number[],
    between: (page: number) => void,
  ): Promise<string[]> => {
    const seen: string[] = []
    let after: string | null = null
    for (let page = 0; page <= times.length + 1; page++) {
      const { data } = await ask(
        `query ($after: String) { posts(orderBy: ${orderBy}, first: 3, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
      seen.push(...data.posts.nodes.map((node: { id: string }) => node.id))
      if (!data.posts.pageInfo.hasNextPage) return seen
      after = data.posts.pageInfo.endCursor
      between(page)
    }
    throw new Error('paging does not end')
  }
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom('NEWEST', 'MOST_SERIOUS', 'LEAST_SERIOUS'),
      async (values, orderBy) => {
        run++
        for (const table of ['posts', 'scores']) files.posts.exec(`DELETE FROM ${table}`)
        const first = values.map((value, index) => ({
          id: `${run}x${index.toString(36)}`,
          subreddit: 'aa',
          createdUtc: 1_700_000_000 + value,
          seriousness: value * 100,
        }))
        files.add(...first)
        const seen = await walk(orderBy, values, (page) => {
          files.add({
            id: `${run}y${page.toString(36)}`,
            subreddit: 'aa',
            createdUtc: 1_760_000_000 + page,
            seriousness: orderBy === 'LEAST_SERIOUS' ? 0 : 9_999,
          })
        })
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen).toEqual(expect.arrayContaining(first.map(({ id }) => id)))
      },
    ),
    { numRuns: 30 },
  )
})
