/** Builds an address from a path and its parameters. Empty parameters are left out, so that the address stays short. */
export function toAddress(path: string, params: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const query = new URLSearchParams(given).toString()
  return query === '' ? path : `${path}?${query}`
}
