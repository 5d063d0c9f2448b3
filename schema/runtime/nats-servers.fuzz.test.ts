import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../testing/fuzz.ts'
import { hostileText, mutatedBytes } from '../testing/mutations.ts'
import { ConfigurationError } from './errors.ts'
import { describeServers, parseServers } from './nats-servers.ts'

const URLS = mutatedBytes('nats://admin:p%40ss@a.example:4222,b:4223', 'tls://nats.example,nats.example:4222').map(
  String,
)

test('any NATS_URL is a list of servers, or is refused without showing a password', () =>
  fuzz(fc.oneof(URLS, hostileText), (text) => {
    try {
      const { hosts, credentials } = parseServers(text)
      expect(hosts.length).toBeGreaterThan(0)
      if (credentials?.password === 'p@ss') expect(describeServers(text)).not.toMatch(/p(@|%40)ss/)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      // Without an @ behind it, nothing shows that it is a password.
      if (!/p%40ss(?!@)/.test(text)) expect((error as Error).message).not.toContain('p%40ss')
    }
  }))
