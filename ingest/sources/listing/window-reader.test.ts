import { describe, expect, test } from 'vitest'
import { RedirectedError } from '../../http/errors.ts'
import { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, ListingPage } from './listing-page.ts'
import { WindowReader } from './window-reader.ts'

const never = new AbortController().signal
const page = (ids: readonly string[], after?: string): ListingPage => ({
  items: ids.map((id) => ({ id, createdUtc: Number.parseInt(id, 36), data: { id } })),
  after: after ?? (ids.length === 0 ? undefined : `t3_${ids.at(-1)}`),
})
/** The ids of a page, newest first. */
const down = (from: number, count: number): string[] => Array.from({ length: count }, (_, n) => (from - n).toString(36))

interface Asked {
  readonly path: string
  readonly after: string | undefined
}

function setUp(answer: (asked: Asked) => ListingPage, settled: Iterable<string> = [], maxPages = 20) {
  const asked: Asked[] = []
  const client: ListingClient = {
    serverMs: 0,
    readListing: async ({ path, query }) => {
      asked.push({ path, after: query['after'] })
      return answer(asked.at(-1)!)
    },
  }
  const options = { client, names: ['a1'], settled: new KnownIds(10_000, settled), stored: [], toEnd: false, maxPages }
  const window = new WindowReader(options)
  const readAll = async (): Promise<string[]> => {
    const ids: string[] = []
    while (window.end === undefined) ids.push(...(await window.next(never)).map(({ id }) => id))
    return ids
  }
  return { window, asked, readAll }
}

describe('WindowReader', () => {
  test('a single settled post at the end of a page does not end the reading, because its place may have changed', async () => {
    const old = down(5_000, 100)
    const first = [...down(9_000, 99), old[50]!]
    const set = setUp(({ after }) => (after === undefined ? page(first) : page([...down(8_901, 10), ...old])), old)
    expect(await set.readAll()).toHaveLength(109)
    expect(set.window.end).toBe('settled')
  })

  test('a pinned post at the top does not end the reading', async () => {
    const old = down(5_000, 100)
    const pages = [page([...old.slice(0, 2), ...down(9_000, 98)]), page([...down(8_902, 5), ...old])]
    const set = setUp(() => pages.shift()!, old)
    expect(await set.readAll()).toHaveLength(103)
  })

  test('goes on after another post of the page when the page after its last post is empty', async () => {
    const [first, second] = [down(9_000, 100), down(8_901, 50)]
    const set = setUp(({ after }) => {
      if (after === undefined) return page(first)
      if (after === `t3_${first.at(-1)}`) return page([])
      return { items: page([first.at(-1)!, ...second]).items, after: undefined }
    })
    expect(await set.readAll()).toHaveLength(149)
    expect(set.asked.map(({ after }) => after)).toEqual([undefined, `t3_${first.at(-1)}`, `t3_${first.at(-2)}`])
  })

  test('ends when pages only repeat the posts of earlier ones', async () => {
    const set = setUp(() => page(down(9_000, 100)))
    expect(await set.readAll()).toHaveLength(100)
    expect(set.asked.length).toBeLessThanOrEqual(4)
  })

  test('distinguishes the end of all posts from the end of what Reddit lists', async () => {
    const short = setUp(() => ({ ...page(down(9_000, 80)), after: undefined }))
    await short.readAll()
    expect(short.window.end).toBe('end')
    let from = 9_000
    const long = setUp(({ after }) => {
      if (after !== undefined) from -= 100
      return from > 8_100 ? page(down(from, 100)) : { ...page(down(from, 100)), after: undefined }
    })
    expect(await long.readAll()).toHaveLength(1_000)
    expect(long.window.end).toBe('limit')
    const bounded = setUp(({ after }) => page(down(after === undefined ? 9_000 : 8_000, 25)), [], 2)
    await bounded.readAll()
    expect(bounded.window.end).toBe('limit')
  })

  test('returns the posts of a page oldest first', async () => {
    const set = setUp(() => ({ ...page(['3', '2', '1']), after: undefined }))
    expect(await set.readAll()).toEqual(['1', '2', '3'])
  })

  test('follows a redirect to another path of the same subreddit, but not to another subreddit', async () => {
    const same = setUp(({ path }) => {
      if (path === '/r/a1/new') throw new RedirectedError('/r/A1/new/?limit=100')
      return { ...page(['1']), after: undefined }
    })
    expect(await same.readAll()).toEqual(['1'])
    const other = setUp(() => {
      throw new RedirectedError('/r/b1/new')
    })
    await expect(other.readAll()).rejects.toThrow(RedirectedError)
  })
})
