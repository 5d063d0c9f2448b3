import { expect, test } from 'vitest'
import { findMirror } from './fetch-nats-server.ts'
import { isNewEnough, parseVersion } from './nats-server.ts'

test.each([
  ['nats-server: v2.15.1', true],
  ['nats-server: v2.12.1', true],
  ['nats-server: v2.12.0', false],
  ['nats-server: v2.9.10', false],
  ['nats-server: v3.0.0', true],
  ['something else', false],
])('%s is new enough: %s', (text, expected) => {
  expect(isNewEnough(parseVersion(text))).toBe(expected)
})

test('finds the mirror in both formats of a sources list', () => {
  expect(findMirror('deb [arch=amd64] http://mirror.example/debian trixie main')).toBe('http://mirror.example/debian')
  const deb822 = 'Types: deb\n# URIs: http://old.example/debian\nURIs: https://mirror.example/debian/\nSuites: trixie\n'
  expect(findMirror(deb822)).toBe('https://mirror.example/debian/')
  expect(findMirror('deb http://security.example/debian-security trixie-security main')).toBeUndefined()
  expect(findMirror('deb http://archive.example/ubuntu noble main')).toBeUndefined()
})
