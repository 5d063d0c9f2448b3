import type { SettingsReader } from '../../schema/runtime/environment.ts'
import type { AdmissionLimits } from './admission.ts'
import { ClientAddresses } from './client-address.ts'
import type { CorsOrigins } from './headers.ts'
import { isLoopbackHost, toHostName, type HostSettings } from './hosts.ts'

const ADMIN_TOKEN = /^[\x21-\x7e]{16,512}$/
const MAX_CONNECTIONS = 10_000
const MAX_REQUESTS = 1_000
const COUNT = { min: 1, max: 1_000_000 }

/** How the gateway meets clients over HTTP. */
export interface HttpConfig extends HostSettings {
  readonly corsOrigins: CorsOrigins
  readonly limits: AdmissionLimits
  /** The secret that a request needs for what is meant for operators; undefined if ADMIN_TOKEN is not set. */
  readonly adminToken: string | undefined
}

/** Reads the settings of HTTP. @param host the address that the server listens on */
export function readHttpConfig(read: SettingsReader, host: string): HttpConfig {
  return {
    host,
    allowedHosts: readAllowedHosts(read),
    corsOrigins: readCorsOrigins(read),
    adminToken: readAdminToken(read),
    limits: {
      trustedProxies: readTrustedProxies(read),
      connections: { total: MAX_CONNECTIONS, ...readAddressCap(read, 'MAX_CONNECTIONS_PER_ADDRESS', 250) },
      requests: { total: MAX_REQUESTS, ...readAddressCap(read, 'MAX_REQUESTS_PER_ADDRESS', 50) },
      subscriptions: {
        total: read.integer('MAX_SUBSCRIPTIONS', 5_000, COUNT),
        ...readAddressCap(read, 'MAX_SUBSCRIPTIONS_PER_ADDRESS', 100),
      },
    },
  }
}

/**
 * A cap for each address. Unless it is set, it does not apply to this machine: a reverse proxy on it that is not trusted
 * gives all its clients the same address, and so does a benchmark.
 */
const readAddressCap = (read: SettingsReader, name: string, fallback: number) => ({
  perAddress: read.integer(name, fallback, COUNT),
  includesLoopback: read.optional(name) !== undefined,
})

const listOf = (read: SettingsReader, name: string): string[] =>
  read
    .string(name, '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter(Boolean)

function readAllowedHosts(read: SettingsReader): string[] {
  const hosts = listOf(read, 'ALLOWED_HOSTS')
  for (const host of hosts)
    if (toHostName(host) !== host)
      read.problem(`ALLOWED_HOSTS must list host names without ports, separated by commas; "${host}" is not one`)
  return hosts
}

function readCorsOrigins(read: SettingsReader): CorsOrigins {
  const origins = listOf(read, 'CORS_ORIGINS')
  if (origins.includes('*')) return '*'
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      read.problem(`CORS_ORIGINS must list origins such as https://example.org, or be *; "${origin}" is not one`)
  return origins
}

function readTrustedProxies(read: SettingsReader): string[] {
  const proxies = listOf(read, 'TRUST_PROXY')
  try {
    void new ClientAddresses(proxies)
  } catch (error) {
    read.problem(
      `TRUST_PROXY must list addresses, networks such as 10.0.0.0/8, or loopback: ${(error as Error).message}`,
    )
  }
  return proxies
}

function readAdminToken(read: SettingsReader): string | undefined {
  const token = read.optional('ADMIN_TOKEN')
  if (token !== undefined && !ADMIN_TOKEN.test(token))
    read.problem('ADMIN_TOKEN must have 16 to 512 visible ASCII characters: openssl rand -hex 32 makes one')
  return token
}

/** The warning for a server that other machines can reach; undefined if only this machine can. */
export function findExposure({ host, allowedHosts, corsOrigins }: HttpConfig): string | undefined {
  if (isLoopbackHost(host)) return undefined
  const names =
    allowedHosts.length > 0
      ? `as ${allowedHosts.join(', ')}`
      : 'under every host name, because ALLOWED_HOSTS is not set'
  const origins = corsOrigins.length > 0 ? ' Pages of other sites can read the API, because CORS_ORIGINS is set.' : ''
  return (
    `HOST is ${host}: everybody who can reach this machine can read all posts, figures and problems here, without a ` +
    `password and without encryption, ${names}.${origins} Put a reverse proxy with TLS in front; docs/operations.md shows how.`
  )
}
