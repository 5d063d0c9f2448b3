import { expect, test } from 'vitest'
import { findMirror } from './fetch-nats-server.ts'

test('finds the mirror in both formats of a sources list', () => {
  expect(findMirror('deb [arch=amd64] http://mirror.example/debian trixie main')).toBe('http://mirror.example/debian')
  const deb822 = 'Types: deb\n# URIs: http://old.example/debian\nURIs: https://mirror.example/debian/\nSuites: trixie\n'
  expect(findMirror(deb822)).toBe('https://mirror.example/debian/')
  expect(findMirror('deb http://security.example/debian-security trixie-security main')).toBeUndefined()
  expect(findMirror('deb http://archive.example/ubuntu noble main')).toBeUndefined()
})
