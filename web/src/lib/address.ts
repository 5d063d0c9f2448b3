/** A path with those parameters that say something: what is empty is left out, so that an address is as short as it can be. */
export function toAddress(path: string, params: Readonly<Record<string, string | undefined>>): string {
  const said = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const query = new URLSearchParams(said).toString()
  return query === '' ? path : `${path}?${query}`
}
