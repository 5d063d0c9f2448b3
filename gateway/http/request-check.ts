import type { IncomingMessage } from 'node:http'
import { toHostName } from './hosts.ts'

export interface Fault {
  readonly status: 400 | 421
  readonly error: string
}

/** A path and a query in ASCII. Two slashes at the beginning would be read as the name of another host. */
const TARGET = /^\/(?![/\\])[\x21-\x7e]*$/

/**
 * Finds what makes a request unusable for every address, before any part of it becomes a URL.
 * @param isServed tells whether a host name belongs to this server
 */
export function findFault(
  { url, headers, rawHeaders }: IncomingMessage,
  isServed: (host: string) => boolean,
): Fault | undefined {
  // Node takes the first of several Host headers, and a proxy may have taken another one.
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts > 1) return { status: 400, error: 'there is more than one Host header' }
  const host = toHostName(headers.host)
  if (host === undefined) return { status: 400, error: 'the Host header is missing or is not a host' }
  if (!isServed(host))
    return { status: 421, error: `this server does not serve ${host}: its operator sets ALLOWED_HOSTS` }
  if (TARGET.test(url ?? '')) return undefined
  return { status: 400, error: 'the request target must be a path that begins with one slash' }
}
