import { RedirectedError, RefusedError } from '../../http/errors.ts'
import { halve } from '../listing/chunks.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import { toId, toNumber } from './id-space.ts'

/** The most that `/api/info` takes at once. */
export const MAX_INFO_IDS = 100

/**
 * Posts by their ids, at most a hundred. Those that do not exist (yet) or are refused are not among them.
 * @throws UnavailableError, and the signal's reason
 */
export async function readPosts(
  client: ListingClient,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Submission>> {
  const names = ids.map((id) => `t3_${toId(id)}`).join(',')
  try {
    const { items } = await client.readListing({ path: '/api/info', query: { id: names } }, signal)
    const asked = new Set(ids)
    return new Map(items.map((item) => [toNumber(item.id), item] as const).filter(([id]) => asked.has(id)))
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof RedirectedError)) throw error
    if (ids.length <= 1) return new Map()
    // One of them is to blame; the others must not suffer for it.
    const [first, second] = halve(ids)
    return new Map([...(await readPosts(client, first, signal)), ...(await readPosts(client, second, signal))])
  }
}
