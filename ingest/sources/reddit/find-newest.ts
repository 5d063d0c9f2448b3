import { MAX_INFO_IDS, type ListingClient } from '../listing/listing-page.ts'
import { idsFrom } from './id-space.ts'
import { readPostsById } from './info.ts'

/** How many ids are asked for at each place. About two in a hundred lead to no post, but hardly ever five in a row. */
const PLACE_IDS = 5
const PLACES = MAX_INFO_IDS / PLACE_IDS
/** The strides grow by this factor. Four to the power of the number of places is far beyond all ids. */
const GALLOP_BASE = 4

/**
 * Finds about the newest id above `base`, to within a hundred, by an exponential search: it looks ahead in growing strides and then
 * divides the last stride into twenty parts again and again. Each step is one request.
 * @returns undefined when there is no post above `base`
 */
export async function gallopToNewest(
  client: ListingClient,
  base: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const strides = Array.from({ length: PLACES }, (_, n) => base + GALLOP_BASE ** n)
  let [low, high] = await lastPlace(client, strides, signal)
  if (low === undefined) return undefined
  while (high !== undefined && high - low > MAX_INFO_IDS) {
    const from = low
    const step = (high - low) / (PLACES + 1)
    const places = Array.from({ length: PLACES }, (_, n) => Math.floor(from + step * (n + 1)))
    const [found, after] = await lastPlace(client, places, signal)
    low = found ?? low
    high = found === undefined ? places[0]! : (after ?? high)
  }
  return low
}

/** Returns the last place that has a post (undefined when none has), and the place after it (undefined when it is the last one). */
async function lastPlace(
  client: ListingClient,
  places: readonly number[],
  signal: AbortSignal,
): Promise<[low: number | undefined, high: number | undefined]> {
  const ids = places.flatMap((place) => idsFrom(place, PLACE_IDS))
  const found = await readPostsById(client, ids, signal)
  const index = places.findLastIndex((place) => idsFrom(place, PLACE_IDS).some((id) => found.has(id)))
  return [places[index], places[index + 1]]
}
