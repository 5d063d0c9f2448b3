import { isRefusal, UnavailableError } from '../../http/errors.ts'
import { halve } from '../listing/chunks.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import { toId, toNumber } from './id-space.ts'

/** One of Reddit's first ids. It does not matter whether its post still exists. */
const SOME_ID = 't3_1'

/** Reddit refuses every request to `/api/info`. */
export class InfoRefusedError extends UnavailableError {
  override name = 'InfoRefusedError'
}

/**
 * Reads at most a hundred posts by their ids. Posts that do not exist (yet), or are refused, are missing in the result.
 * @throws InfoRefusedError, UnavailableError, and the signal's reason
 */
export async function readPostsById(
  client: ListingClient,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Submission>> {
  return (await askFor(client, ids, signal)) ?? readHalves(client, ids, signal)
}

/** Reads posts in one request. @returns undefined when Reddit refuses it */
async function askFor(
  client: ListingClient,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Submission> | undefined> {
  const names = ids.map((id) => `t3_${toId(id)}`).join(',')
  try {
    const { items } = await client.readListing({ path: '/api/info', query: { id: names } }, signal)
    const asked = new Set(ids)
    return new Map(items.map((item) => [toNumber(item.id), item] as const).filter(([id]) => asked.has(id)))
  } catch (error) {
    if (!isRefusal(error)) throw error
    return undefined
  }
}

/** Reads ids that were refused together: it halves them until the refused ones are alone, so that the others can be read. */
async function readHalves(
  client: ListingClient,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Submission>> {
  await checkInfo(client, signal)
  const found = new Map<number, Submission>()
  for (const parts = [ids]; parts.length > 0;) {
    const part = parts.pop()!
    if (part.length <= 1) continue
    for (const half of halve(part)) {
      const posts = await askFor(client, half, signal)
      if (posts === undefined) parts.push(half)
      else for (const [id, post] of posts) found.set(id, post)
    }
  }
  return found
}

/** Makes sure that Reddit does not refuse every id. @throws InfoRefusedError, UnavailableError, and the signal's reason */
async function checkInfo(client: ListingClient, signal: AbortSignal): Promise<void> {
  try {
    await client.readListing({ path: '/api/info', query: { id: SOME_ID } }, signal)
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    throw new InfoRefusedError(`/api/info is refused (${cause.message.trim()})`, { cause })
  }
}
