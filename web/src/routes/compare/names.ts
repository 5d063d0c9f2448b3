export const MOST_NAMES = 4

/** Reads the names to compare from an address: `names=a,b`, `names=a&names=b` as the form sends it, with or without `r/`. */
export function readNames(params: URLSearchParams): string[] {
  const names = new Map<string, string>()
  for (const part of params
    .getAll('names')
    .join(',')
    .split(/[\s,+]+/)) {
    const name = part.replace(/^\/?r\//i, '')
    if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
  }
  return [...names.values()].slice(0, MOST_NAMES)
}

/** The canonical address of a comparison. */
export const toCompareAddress = (names: readonly string[]): string =>
  names.length === 0 ? '/compare' : `/compare?names=${names.map(encodeURIComponent).join(',')}`
