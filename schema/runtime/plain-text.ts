import { isIPv4 } from 'node:net'
import type { NatsServers } from './nats-servers.ts'

/** Whether an address is this machine itself, so that nobody can listen to the connection. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/** The servers to which credentials and events would travel in plain text over a network, as `host:port`. */
export const readableByOthers = ({ hosts, protocol }: NatsServers): readonly string[] =>
  protocol === 'tls:' ? [] : hosts.filter((host) => !isLoopback(hostOf(host)))

/** The host of `host:port`, without the brackets of an IPv6 address. */
const hostOf = (address: string): string => new URL(`nats://${address}`).hostname.replaceAll(/^\[|\]$/g, '')

/** Says what to do about connections in plain text; undefined if there are none. */
export function describePlainText(servers: NatsServers): string | undefined {
  const [host] = readableByOthers(servers)
  if (host === undefined) return undefined
  return `NATS_URL would send credentials and events to ${host} in plain text: write tls://${host} and turn on TLS at the server, or set NATS_ALLOW_PLAINTEXT=1 if the network between is protected otherwise`
}
