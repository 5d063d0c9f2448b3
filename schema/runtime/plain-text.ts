import { isIPv4 } from 'node:net'
import type { ConnectionOptions } from '@nats-io/transport-node'
import type { NatsServers } from './nats-servers.ts'

/** Whether an address is this machine itself, so that nobody can listen to the connection. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/** The servers to which credentials and events would travel in plain text over a network, as `host:port`. */
const readableByOthers = ({ hosts, protocol }: NatsServers): readonly string[] =>
  protocol === 'tls:' ? [] : hosts.filter((host) => !isLoopback(hostOf(host)))

/** The host of `host:port`, without the brackets of an IPv6 address. */
const hostOf = (address: string): string => new URL(`nats://${address}`).hostname.replaceAll(/^\[|\]$/g, '')

/** Says what to do about connections in plain text; undefined if there are none. */
export function describePlainText(servers: NatsServers): string | undefined {
  const [host] = readableByOthers(servers)
  if (host === undefined) return undefined
  return `NATS_URL would send credentials and events to ${host} in plain text: write tls://${host} and turn on TLS at the server, or set NATS_ALLOW_PLAINTEXT=1 if the network itself is protected, such as a VPN`
}

type Choose = NonNullable<ConnectionOptions['reconnectToServer']>

/**
 * Keeps a client whose settings name only servers on this machine from moving to another machine in plain text: a cluster
 * tells its clients of all its servers.
 * @param choose chooses the next server among some, or null for the first of them
 */
export function withoutNewPlainText(named: NatsServers, choose: Choose): Choose {
  if (named.protocol === 'tls:' || readableByOthers(named).length > 0) return choose
  return (servers, info) => {
    const near = servers.filter(({ hostname }) => isLoopback(hostname.replaceAll(/^\[|\]$/g, '')))
    return choose(near, info) ?? near[0] ?? null
  }
}
