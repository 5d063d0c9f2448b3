import { expect, test } from 'vitest'
import { SettingsReader, type Environment } from '../../schema/runtime/environment.ts'
import type { ConfigurationError } from '../../schema/runtime/errors.ts'
import { findExposure, readHttpConfig, type HttpConfig } from './http-config.ts'

function read(env: Environment, host = '127.0.0.1'): HttpConfig {
  const reader = new SettingsReader(env)
  return reader.done(readHttpConfig(reader, host))
}

test('lists are separated by commas, and host names and origins are compared in lower case', () => {
  expect(
    read({
      ALLOWED_HOSTS: 'A.example, [::1]',
      CORS_ORIGINS: 'https://One.example',
      TRUST_PROXY: 'loopback,10.0.0.0/8',
      MAX_SUBSCRIPTIONS_PER_ADDRESS: '7',
    }),
  ).toMatchObject({
    allowedHosts: ['a.example', '[::1]'],
    corsOrigins: ['https://one.example'],
    limits: {
      trustedProxies: ['loopback', '10.0.0.0/8'],
      subscriptions: { total: 5_000, perAddress: 7, includesLoopback: true },
      requests: { includesLoopback: false },
    },
  })
  expect(read({ CORS_ORIGINS: '*' }).corsOrigins).toBe('*')
})

test('every wrong setting is named', () => {
  const wrong = {
    ALLOWED_HOSTS: 'https://a.example',
    CORS_ORIGINS: 'a.example,https://b.example/',
    TRUST_PROXY: 'proxy',
    ADMIN_TOKEN: 'short',
    MAX_SUBSCRIPTIONS: '0',
  }
  let problems: readonly string[] = []
  try {
    read(wrong)
  } catch (error) {
    problems = (error as ConfigurationError).problems
  }
  for (const name of Object.keys(wrong)) expect(problems.join('\n')).toContain(name)
})

test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('a server on %s needs no warning', (host) =>
  expect(findExposure(read({}, host))).toBeUndefined(),
)

test('a server that other machines can reach says under which names, and points to the documentation', () => {
  const warning = findExposure(read({}, '0.0.0.0'))
  expect(warning).toMatch(/HOST is 0\.0\.0\.0.*every host name, because ALLOWED_HOSTS is not set.*docs\/operations\.md/)
  expect(findExposure(read({ ALLOWED_HOSTS: 'a.example' }, '0.0.0.0'))).toMatch(/as a\.example/)
  expect(findExposure(read({ CORS_ORIGINS: '*' }, '0.0.0.0'))).toMatch(/Pages of other sites can read/)
})
