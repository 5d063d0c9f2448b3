import { isPostId, plainPostId } from '../../../schema/post-id.ts'
import { TransientError } from '../../http/errors.ts'

/** A post as the API has it. */
export interface Submission {
  readonly id: string
  /** Seconds since the epoch; undefined where the post has none. */
  readonly createdUtc: number | undefined
  readonly data: Readonly<Record<string, unknown>>
}

export interface ListingPage {
  readonly items: readonly Submission[]
  /** The full name to go on after; undefined at the end. */
  readonly after: string | undefined
}

/** Which page: a path such as `/r/a+b/new`, and what else goes with it. */
export interface ListingQuestion {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** How many posts one request to `/api/info` may ask for. It takes their ids and answers with a listing. */
export const MAX_INFO_IDS = 100

/** Where listings are read from. */
export interface ListingClient {
  /** The server's clock where it was ever heard, else ours. Milliseconds since the epoch. */
  readonly serverMs: number
  /**
   * @throws RefusedError when it is not given out, RedirectedError when it is elsewhere, UnavailableError when it keeps
   * failing, and the signal's reason
   */
  readListing(question: ListingQuestion, signal: AbortSignal): Promise<ListingPage>
}

/**
 * A page of posts; what else it holds (comments, subreddits) is left out.
 * @throws TransientError when the JSON is no listing
 */
export function readListing(json: unknown): ListingPage {
  const data = (json as { data?: { children?: unknown; after?: unknown } } | null)?.data
  if (!Array.isArray(data?.children)) throw new TransientError('JSON that is no listing')
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
