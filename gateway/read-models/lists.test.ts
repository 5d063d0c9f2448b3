import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestGateway } from '../testing/test-gateway.ts'

const ORDERS = ['MOST_POSTS', 'MOST_SERIOUS', 'LEAST_SERIOUS', 'NAME'] as const
let gateway: TestGateway
beforeEach(() => void (gateway = new TestGateway()))
afterEach(() => gateway[Symbol.dispose]())

const idsOf = new Map<string, string[]>()
let lastId = 36 ** 3

/** Replaces a subreddit's figures with `posts` posts that add up to `sum`. */
function setFigures(name: string, posts: number, sum: number): void {
  gateway.files.erase(...(idsOf.get(name) ?? []))
  const ids = Array.from({ length: posts }, () => (++lastId).toString(36))
  const ofFirst = sum - (posts - 1) * Math.floor(sum / posts)
  const toPost = (id: string, index: number) => ({
    id,
    subreddit: name,
    createdUtc: 1_764_000_000,
    seriousness: index === 0 ? ofFirst : Math.floor(sum / posts),
  })
  gateway.files.add(...ids.map(toPost))
  idsOf.set(name, ids)
}

async function walk(orderBy: string, first: number, between: (page: number) => void): Promise<string[]> {
  const query = `query ($orderBy: SubredditOrder, $first: Int, $after: String) {
    subreddits(orderBy: $orderBy, first: $first, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }`
  const seen: string[] = []
  for (let page = 0, after: string | null = null; page < 200; page++) {
    const { data, errors } = await gateway.ask(query, { orderBy, first, after })
    expect(errors).toBeUndefined()
    seen.push(...data.subreddits.nodes.map(({ name }) => name))
    if (!data.subreddits.pageInfo.hasNextPage) return seen
    after = data.subreddits.pageInfo.endCursor
    between(page)
  }
  throw new Error('paging does not end')
}

const figures = fc.record({ posts: fc.integer({ min: 1, max: 4 }), sum: fc.integer({ min: 0, max: 12 }) })

test('paging returns each subreddit with steady figures exactly once, in every order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(figures, { minLength: 1, maxLength: 25 }),
      fc.array(fc.record({ page: fc.nat(5), which: fc.nat(9), to: figures }), { maxLength: 15 }),
      fc.constantFrom(...ORDERS),
      fc.integer({ min: 1, max: 7 }),
      async (still, moves, orderBy, first) => {
        gateway.files.erase(...[...idsOf.values()].flat())
        idsOf.clear()
        still.forEach(({ posts, sum }, index) => setFigures(`still_${index}`, posts, sum * posts))
        for (let index = 0; index < 5; index++) setFigures(`moving_${index}`, 2, 10)
        const seen = await walk(orderBy, first, (page) => {
          for (const { which, to, ...move } of moves)
            if (move.page === page) setFigures(`moving_${which}`, to.posts, to.sum)
        })
        const expected = still.map((_, index) => `still_${index}`).toSorted()
        expect(seen.filter((name) => name.startsWith('still_')).toSorted()).toEqual(expected)
      },
    ),
    { numRuns: 60 },
  )
})
