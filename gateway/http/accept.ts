/** Reads the weight (0…1) that a header such as Accept gives to the first of `names` that it lists; undefined when it lists none. */
function weightOf(header: string, ...names: readonly string[]): number | undefined {
  const listed = new Map<string, number>()
  for (const part of header.toLowerCase().split(',')) {
    const [name, ...params] = part.split(';').map((piece) => piece.trim())
    const weight = params.find((param) => param.startsWith('q='))?.slice(2)
    listed.set(name!, weight === undefined ? 1 : Number(weight) || 0)
  }
  for (const name of names) if (listed.has(name)) return listed.get(name)
  return undefined
}

/**
 * Whether a client prefers a page to JSON. A browser names text/html; a client that accepts anything, or prefers JSON, is a
 * program.
 */
export function prefersPage(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/')) return false
  const page = weightOf(accept, 'text/html', 'text/*') ?? 0
  const json = weightOf(accept, 'application/json', 'application/*', '*/*') ?? 0
  return page > 0 && page >= json
}

/** Whether an Accept-Encoding header allows gzip. */
export const acceptsGzip = (header: string | undefined): boolean =>
  header !== undefined && (weightOf(header, 'gzip', '*') ?? 0) > 0
