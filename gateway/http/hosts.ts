/** The names under which a browser on this machine reaches the server. */
const OWN_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const

const NAME = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9_.-]{0,251}[a-z0-9.])?)$/
const HOST = /^(?<name>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/

/** Whether a server that listens on this address can be reached only from this machine. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** The name in a Host header, in lower case and without its port; undefined if the header is missing or invalid. */
export function toHostName(header: string | undefined): string | undefined {
  const { name, port } = HOST.exec(header?.toLowerCase() ?? '')?.groups ?? {}
  return name !== undefined && NAME.test(name) && Number(port ?? 0) <= 65_535 ? name : undefined
}

export interface HostSettings {
  /** The address that the server listens on. */
  readonly host: string
  /** The setting ALLOWED_HOSTS: names in lower case. */
  readonly allowedHosts: readonly string[]
}

/**
 * Creates the function that tells whether a host name is served. A page of another site can let its own name point to this
 * machine (DNS rebinding), and browsers then treat the server as part of that site. Such a request has the name of
 * that site as its Host. A server that is reachable from elsewhere serves every name unless its names are configured.
 */
export function createHostFilter({ host, allowedHosts }: HostSettings): (name: string) => boolean {
  if (allowedHosts.length === 0 && !isLoopbackHost(host)) return () => true
  const own = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const served = new Set([...OWN_NAMES, own.toLowerCase(), ...allowedHosts])
  return (name) => served.has(name)
}
