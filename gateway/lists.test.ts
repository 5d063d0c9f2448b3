import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestGateway } from './testing/test-gateway.ts'

const ORDERS = ['MOST_POSTS', 'MOST_SERIOUS', 'LEAST_SERIOUS', 'NAME'] as const
let gateway: TestGateway
beforeEach(() => void (gateway = new TestGateway()))
afterEach(() => gateway[Symbol.dispose]())

/** Puts figures in as they are, and moves them likewise. */
function setFigures(name: string, posts: number, sum: number): void {
  gateway.files.allTime
    .prepare(
      `INSERT INTO all_time (subreddit, model, posts, sum, sum_of_squares) VALUES (?, 'serious-1', ?, ?, 0)
       ON CONFLICT DO UPDATE SET posts = excluded.posts, sum = excluded.sum`,
    )
    .run(name, posts, sum)
  gateway.files.allTime.prepare('INSERT OR IGNORE INTO names VALUES (?, ?, 1)').run(name, name)
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

test('paging meets each subreddit whose figures do not move exactly once, in every order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(figures, { minLength: 1, maxLength: 25 }),
      fc.array(fc.record({ page: fc.nat(5), which: fc.nat(9), to: figures }), { maxLength: 15 }),
      fc.constantFrom(...ORDERS),
      fc.integer({ min: 1, max: 7 }),
      async (still, moves, orderBy, first) => {
        gateway.files.allTime.exec('DELETE FROM all_time; DELETE FROM names')
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
