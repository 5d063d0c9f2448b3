import { isPostId, plainPostId } from '../../../schema/post-id.ts'
import { TransientError } from '../../http/errors.ts'

/** A post as the API shows it. */
export interface Submission {
  readonly id: string
  /** Seconds since the epoch; undefined when the post has no time. */
  readonly createdUtc: number | undefined
  readonly data: Readonly<Record<string, unknown>>
}

export interface ListingPage {
  readonly items: readonly Submission[]
  /** The full name (`t3_…`) after which the next page begins; undefined on the last page. */
  readonly after: string | undefined
}

/** Which page to read: a path such as `/r/a+b/new`, and a query. */
export interface ListingQuestion {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** How many posts one request to `/api/info` may ask for. The endpoint takes post ids and answers with a listing. */
export const MAX_INFO_IDS = 100

/** Reads listings, one page at a time. */
export interface ListingClient {
  /** The time by the server's clock, milliseconds since the epoch. Before the first answer it is our own clock's. */
  readonly serverMs: number
  /**
   * @throws RefusedError when the server does not show the listing, RedirectedError when it redirects, UnavailableError when all
   * attempts fail, and the signal's reason
   */
  readListing(question: ListingQuestion, signal: AbortSignal): Promise<ListingPage>
}

/**
 * Reads a page from JSON. Only posts are kept; comments and subreddits are left out.
 * @throws TransientError when the JSON is not a listing
 */
export function readListing(json: unknown): ListingPage {
  const data = (json as { data?: { children?: unknown; after?: unknown } } | null)?.data
  if (!Array.isArray(data?.children)) throw new TransientError('JSON that is not a listing')
  const items = data.children.map(toSubmission).filter((item) => item !== undefined)
  return { items, after: typeof data.after === 'string' && data.after !== '' ? data.after : undefined }
}

function toSubmission(child: unknown): Submission | undefined {
  const { kind, data } = (child ?? {}) as { kind?: unknown; data?: unknown }
  if (kind !== 't3' || typeof data !== 'object' || data === null) return undefined
  const { id: plain, name, created_utc: created } = data as Record<string, unknown>
  const id = plainPostId(String(plain ?? name))
  if (!isPostId(id)) return undefined
  const createdUtc = Number(created)
  const known = created !== null && created !== undefined && Number.isFinite(createdUtc)
  return { id, createdUtc: known ? createdUtc : undefined, data: data as Record<string, unknown> }
}
