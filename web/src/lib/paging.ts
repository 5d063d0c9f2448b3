/** A page of a list. Cursors lead only forward, so the address remembers the cursors of earlier pages for the way back. */
export interface Place {
  /** Undefined on the first page. */
  readonly cursor: string | undefined
  /** Cursors of the pages between the first one and this one. */
  readonly trail: readonly string[]
  /** The first page is 1. */
  readonly page: number
}

/** Cursors are base64url and so contain no dots. */
const SEPARATOR = '.'
/** Keeps addresses short. Before the oldest remembered page, "Previous" leads to the first page. */
const LONGEST_TRAIL = 40

export function readPlace(params: URLSearchParams): Place {
  const cursor = params.get('cursor') || undefined
  if (cursor === undefined) return { cursor, trail: [], page: 1 }
  const trail = (params.get('trail') ?? '').split(SEPARATOR).filter(Boolean).slice(-LONGEST_TRAIL)
  const page = Number(params.get('page'))
  return { cursor, trail, page: Number.isSafeInteger(page) && page > 1 ? page : trail.length + 2 }
}

/** The parameters that the address of the next page has in addition. */
export function nextParams({ cursor, trail, page }: Place, endCursor: string): Record<string, string> {
  const passed = (cursor === undefined ? [] : [...trail, cursor]).slice(-LONGEST_TRAIL)
  return { cursor: endCursor, ...(passed.length > 0 && { trail: passed.join(SEPARATOR) }), page: String(page + 1) }
}

/** The parameters that the address of the previous page has in addition; undefined on the first page. */
export function previousParams({ cursor, trail, page }: Place): Record<string, string> | undefined {
  if (cursor === undefined) return undefined
  const last = trail.at(-1)
  if (last === undefined) return {}
  const rest = trail.slice(0, -1)
  return { cursor: last, ...(rest.length > 0 && { trail: rest.join(SEPARATOR) }), page: String(page - 1) }
}
