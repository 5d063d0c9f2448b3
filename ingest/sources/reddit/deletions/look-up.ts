import { isRefusal } from '../../../http/errors.ts'
import { halve } from '../../listing/chunks.ts'
import type { ListingClient, Submission } from '../../listing/listing-page.ts'

/** What Reddit answers about some ids. An id that is neither found nor refused was not returned. */
export interface LookUpAnswer {
  readonly found: ReadonlyMap<string, Submission>
  /** Ids that Reddit refused to answer about. */
  readonly refused: ReadonlySet<string>
}

/**
 * Asks for at most a hundred posts by their ids.
 * @param halves whether to find out which ids are the reason of a refusal, by halving them; otherwise all count as refused
 * @throws UnavailableError, and the signal's reason
 */
export async function lookUpPosts(
  client: ListingClient,
  ids: readonly string[],
  signal: AbortSignal,
  halves: boolean,
): Promise<LookUpAnswer> {
  try {
    const query = { id: ids.map((id) => `t3_${id}`).join(',') }
    const { items } = await client.readListing({ path: '/api/info', query }, signal)
    const asked = new Set(ids)
    const found = new Map(items.map((item) => [item.id, item] as const).filter(([id]) => asked.has(id)))
    return { found, refused: new Set() }
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (!halves || ids.length <= 1) return { found: new Map(), refused: new Set(ids) }
    const [first, second] = halve(ids)
    const one = await lookUpPosts(client, first, signal, halves)
    const other = await lookUpPosts(client, second, signal, halves)
    return { found: new Map([...one.found, ...other.found]), refused: one.refused.union(other.refused) }
  }
}
