import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { ClientAddresses } from './client-address.ts'

const clientOf = (proxies: readonly string[], remoteAddress: string, forwarded?: string): string =>
  new ClientAddresses(proxies).clientOf({
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage)

test.each([
  // Without a trusted proxy, the header is ignored.
  [[], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  [['10.0.0.0/8'], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  // Behind proxies, the last address that is not a proxy counts, whatever the client wrote in front of it.
  [['loopback'], '127.0.0.1', '198.51.100.1', '198.51.100.1'],
  [['loopback'], '::ffff:127.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  [['loopback', '10.0.0.0/8'], '127.0.0.1', '1.2.3.4, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
  [['10.1.2.3'], '10.1.2.3', '198.51.100.1, rubbish', '10.1.2.3'],
  [['10.1.2.3'], '10.1.2.3', undefined, '10.1.2.3'],
  [['fd00::/8'], 'fd00::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  // All addresses of one network of IPv6 are one client, and so are all of this machine.
  [[], '2001:db8::5', undefined, '2001:db8:0:0'],
  [[], '2001:db8::6', undefined, '2001:db8:0:0'],
  [[], '::1', undefined, 'loopback'],
  [[], '127.0.0.9', undefined, 'loopback'],
  [[], '::ffff:203.0.113.7', undefined, '203.0.113.7'],
])('with the proxies %j, %s with X-Forwarded-For "%s" is %s', (proxies, remote, forwarded, expected) =>
  expect(clientOf(proxies, remote, forwarded)).toBe(expected),
)

test.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', ''])('"%s" is not a proxy', (proxy) =>
  expect(() => new ClientAddresses([proxy])).toThrow(TypeError),
)
