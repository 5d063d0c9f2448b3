import { expect, test } from 'vitest'
import { SettingsReader } from './environment.ts'
import { describeServers, parseServers } from './nats-servers.ts'
import { serverOptions } from './nats.ts'
import { withoutNewPlainText } from './plain-text.ts'
import { readSharedConfig } from './shared-config.ts'

type Server = Parameters<ReturnType<typeof withoutNewPlainText>>[0][number]

test('a NATS_URL names one server or several, as people write them', () => {
  expect(parseServers('nats://a:4222')).toEqual({ hosts: ['a:4222'], protocol: 'nats:', credentials: undefined })
  expect(parseServers(' nats://a:4222 ,\n nats://b:4223,, ').hosts).toEqual(['a:4222', 'b:4223'])
  expect(parseServers('tls://a,b:4223, c').hosts).toEqual(['a', 'b:4223', 'c'])
  expect(parseServers('nats://[::1]:4222,nats://[::1]:4222').hosts).toEqual(['[::1]:4222'])
})

test('credentials of one URL are those of all', () => {
  const credentials = { user: 'me', password: 'p@ss,1' }
  expect(parseServers('nats://me:p%40ss%2C1@a,b')).toMatchObject({ credentials })
  expect(parseServers('nats://a,nats://me:p%40ss%2C1@b')).toMatchObject({ credentials })
  expect(parseServers('nats://me:x@a,nats://me:x@b')).toMatchObject({ hosts: ['a', 'b'] })
  expect(describeServers('nats://me:secret@a:1,nats://b:2')).toBe('a:1, b:2')
})

test('every problem of every URL is named at once, without passwords', () => {
  const read = new SettingsReader({ NATS_URL: 'http://me:secret@a,nats://u:100%@b,nats://,tls://c,nats://d:99999999' })
  const check = (): unknown => read.done(readSharedConfig(read))
  expect(check).toThrow(/"http:\/\/\*\*\*@a"\n.*%25: "nats:\/\/\*\*\*@b"\n.*"nats:\/\/"\n.*"nats:\/\/d:99999999"/)
  expect(check).not.toThrow(/secret|100%/)
  expect(() => parseServers('nats://x:1@a,nats://x:2@b,tls://c')).toThrow(/different credentials[^]*mixes nats/)
  expect(() => parseServers('localhost:4222')).toThrow(/start with nats/)
  expect(() => parseServers(' , ')).toThrow(/names no server/)
})

test('a client gets all servers; with tls:// each of them must offer TLS', () => {
  const options = serverOptions({ url: 'tls://me:x@a:1,b:2', user: 'admin', dataDir: '/nowhere' })
  expect(options).toEqual({ servers: ['a:1', 'b:2'], tls: {}, user: 'me', pass: 'x' })
})

const natsUrlOf = (env: Record<string, string>): string => {
  const read = new SettingsReader(env)
  return read.done(readSharedConfig(read)).natsUrl
}

test.each(['nats://127.0.0.1:4222,nats://[::1]:4222,nats://localhost', 'tls://example.org'])(
  '%s may be used without NATS_ALLOW_PLAINTEXT',
  (url) => expect(natsUrlOf({ NATS_URL: url })).toBe(url),
)

test.each(['nats://example.org', 'nats://127.0.0.1.example.org', 'nats://localhost,nats://10.0.0.1'])(
  '%s is refused without NATS_ALLOW_PLAINTEXT',
  (url) => {
    expect(natsUrlOf({ NATS_URL: url, NATS_ALLOW_PLAINTEXT: '1' })).toBe(url)
    expect(() => natsUrlOf({ NATS_URL: url })).toThrow(/in plain text: write tls:.*NATS_ALLOW_PLAINTEXT=1/)
  },
)

test('a client of servers on this machine does not follow their cluster to other machines in plain text', () => {
  const [far, near] = [{ hostname: '10.0.0.1' }, { hostname: '127.0.0.1' }] as Server[]
  const next = (url: string) => withoutNewPlainText(parseServers(url), () => null)([far!, near!], null)
  expect(next('nats://127.0.0.1')).toBe(near)
  // The client then takes the first server.
  for (const url of ['nats://example.org', 'tls://127.0.0.1']) expect(next(url)).toBeNull()
})

test('NATS_REPLICAS is 1, 3 or 5, and undefined if it is not set', () => {
  const replicasOf = (value: string | undefined): number | undefined => {
    const read = new SettingsReader({ NATS_REPLICAS: value })
    return read.done(readSharedConfig(read)).natsReplicas
  }
  expect([undefined, '', '1', '3', '5'].map(replicasOf)).toEqual([undefined, undefined, 1, 3, 5])
  for (const wrong of ['0', '2', 'three'])
    expect(() => replicasOf(wrong)).toThrow(/NATS_REPLICAS must be one of 1, 3, 5/)
})

test('a password with a comma or a slash is not shown either', () => {
  expect(() => parseServers('nats://me:sec,ret@a')).toThrow(/not "\*\*\*"$/)
  expect(() => parseServers('nats://me:sec/ret@a')).toThrow(/"nats:\/\/\*\*\*@a"/)
})
