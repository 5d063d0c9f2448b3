import { ConfigurationError } from './errors.ts'

const SCHEMES = ['nats:', 'tls:'] as const

/** The servers that a NATS_URL names. A client uses one of them, and moves to another one when that server is gone. */
export interface NatsServers {
  /** `host:port` of each; the port may be missing. */
  readonly hosts: readonly string[]
  readonly protocol: (typeof SCHEMES)[number]
  /** Undefined if no URL has credentials. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined
}

/**
 * Reads one URL or several, separated by commas. A URL without a scheme has that of the first one, as in `nats://a,b`.
 * Credentials stand in one of the URLs, or are the same in all that have some.
 * @throws ConfigurationError naming every problem
 */
export function parseServers(text: string): NatsServers {
  const entries = text.split(',').map((entry) => entry.trim())
  const urls = entries.filter((entry) => entry !== '').map((_, index, named) => toUrl(named, index))
  const problems = urls.filter((url) => typeof url === 'string')
  const valid = urls.filter((url) => typeof url !== 'string')
  const logins = new Set(
    valid.filter(({ username }) => username !== '').map((url) => `${url.username}:${url.password}`),
  )
  if (logins.size > 1)
    problems.push('NATS_URL has different credentials for its servers, but one set must be valid for all of them')
  if (new Set(valid.map(({ protocol }) => protocol)).size > 1)
    problems.push('NATS_URL mixes nats:// and tls://, but all servers must be reached in the same way')
  const [first] = valid
  if (first === undefined && problems.length === 0) problems.push('NATS_URL names no server')
  if (first === undefined || problems.length > 0) throw new ConfigurationError(problems)
  const login = valid.find(({ username }) => username !== '')
  return {
    hosts: [...new Set(valid.map(({ host }) => host))],
    protocol: first.protocol as NatsServers['protocol'],
    credentials: login && {
      user: decodeURIComponent(login.username),
      password: decodeURIComponent(login.password),
    },
  }
}

/** The servers of a NATS_URL as a person reads them, without credentials. */
export const describeServers = (urls: string): string => parseServers(urls).hosts.join(', ')

/** Returns the problem as a text if the entry is not the URL of a server. */
function toUrl(entries: readonly string[], index: number): URL | string {
  const entry = entries[index]!
  const isBare = index > 0 && !entry.includes('://')
  const text = isBare ? `${entries[0]!.split('://')[0]}://${entry}` : entry
  const shown = hideCredentials(entries, index)
  if (!URL.canParse(text)) return `NATS_URL must hold URLs that start with nats:// or tls://, not "${shown}"`
  const url = new URL(text)
  if (!SCHEMES.some((scheme) => scheme === url.protocol) || url.host === '')
    return `NATS_URL must hold URLs that start with nats:// or tls:// and name a host, not "${shown}"`
  if (!canDecode(url.username) || !canDecode(url.password))
    return `NATS_URL has a % in its credentials that must be written as %25: "${shown}"`
  return url
}

/** An entry for a message. A password may contain a comma or a slash, so that everything before the last `@` is hidden. */
function hideCredentials(entries: readonly string[], index: number): string {
  const entry = entries[index]!
  const end = entry.lastIndexOf('@')
  const [scheme = ''] = /^[a-z]+:\/\//.exec(entry) ?? []
  if (end >= 0) return `${scheme}***${entry.slice(end)}`
  return entries.slice(index).some((later) => later.includes('@')) ? '***' : entry
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
