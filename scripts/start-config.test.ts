import { expect, test } from 'vitest'
import { readStartConfig, toUrl, wantedPorts } from './start-config.ts'

test.each([
  ['127.0.0.1', 'http://127.0.0.1:4000'],
  ['0.0.0.0', 'http://127.0.0.1:4000'],
  ['::1', 'http://[::1]:4000'],
  ['::', 'http://[::1]:4000'],
  ['localhost', 'http://localhost:4000'],
])('HOST %s is opened at %s', (host, url) => expect(toUrl(host, 4000)).toBe(url))

test('the server of Gravitas listens on NATS_PORT; with NATS_URL only the port of the page has to be free', () => {
  const own = readStartConfig({ NATS_PORT: '4300' })
  expect(own).toMatchObject({ natsUrl: 'nats://127.0.0.1:4300', natsPort: 4300, monitorPort: 0, ownServer: true })
  expect(wantedPorts(own).map(({ port }) => port)).toEqual([4000, 4300])
  const watched = readStartConfig({ NATS_PORT: '4300', NATS_MONITOR_PORT: '8300' })
  expect(wantedPorts(watched).map(({ port }) => port)).toEqual([4000, 4300, 8300])
  const other = readStartConfig({ NATS_URL: 'tls://example.org' })
  expect(wantedPorts(other).map(({ port }) => port)).toEqual([4000])
})

test('all problems are listed together, each of them once', () => {
  const read = () => readStartConfig({ NATS_PORT: '0', PORT: 'x', SOURCE: 'y', MODEL_DIR: '/nowhere' })
  expect(read).toThrow(/NATS_PORT[^]*MODEL_DIR \/nowhere has no model.onnx and no model.json[^]*PORT[^]*SOURCE/)
  expect(read).not.toThrow(/NATS_PORT[^]*NATS_PORT/)
})

test('a source that lacks a setting is refused before anything is started', () => {
  expect(() => readStartConfig({ SOURCE: 'reddit' })).toThrow(/REDDIT_CLIENT_ID[^]*REDDIT_USER_AGENT/)
  expect(() => readStartConfig({ SOURCE: 'rss' })).toThrow(/SUBREDDITS/)
  const reddit = { SOURCE: 'reddit', REDDIT_CLIENT_ID: 'x', REDDIT_USER_AGENT: 'linux:my-app:0.1.0 (by /u/somebody)' }
  expect(readStartConfig(reddit)).toMatchObject({ source: 'reddit' })
})
