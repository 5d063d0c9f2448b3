import { MAX_INFO_IDS, type ListingClient } from '../listing/listing-page.ts'
import { idsFrom } from './id-space.ts'
import { readPostsById } from './info.ts'

/** Ids asked for at each place: two in a hundred are missing, five in a row hardly ever. */
const PLACE_IDS = 5
const PLACES = MAX_INFO_IDS / PLACE_IDS
/** Four to this power is beyond all ids that there will be. */
const GALLOP_BASE = 4

/**
 * About the newest id above `base`, to within a hundred: gallops forward in growing strides, then cuts the last stride
 * into twenty parts again and again. Each step is one request. Undefined when there is nothing above.
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

/** The last place with a post, and the first one after it, undefined when it is the last of all. */
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
