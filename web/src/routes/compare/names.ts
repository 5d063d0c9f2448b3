export const MOST_NAMES = 4

/** The names that an address asks to compare, however it says it: `names=a,b`, as a form does, or with `r/` before them. */
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

/** The one way that this site writes it. */
export const toCompareAddress = (names: readonly string[]): string =>
  names.length === 0 ? '/compare' : `/compare?names=${names.map(encodeURIComponent).join(',')}`
