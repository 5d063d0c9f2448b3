import { expect, test } from 'vitest'
import { createHostFilter, toHostName } from './hosts.ts'

test.each([
  ['localhost:4000', 'localhost'],
  ['Example.ORG', 'example.org'],
  ['[::1]:80', '[::1]'],
  ['127.0.0.1', '127.0.0.1'],
  [undefined, undefined],
  ['', undefined],
  ['a b', undefined],
  ['a/b', undefined],
  ['a@b', undefined],
  ['a:99999', undefined],
  ['a:b', undefined],
  ['::1', undefined],
  ['[::1', undefined],
  ['[x]', undefined],
  ['<script>', undefined],
  ['a,b', undefined],
  ['x'.repeat(300), undefined],
])('the Host header %s names %s', (header, expected) => expect(toHostName(header)).toBe(expected))

test.each([
  ['127.0.0.1', [], ['localhost', '127.0.0.1', '[::1]'], ['evil.example', '127.0.0.2']],
  ['127.0.0.2', [], ['localhost', '127.0.0.2'], ['evil.example']],
  ['::1', [], ['[::1]'], ['evil.example']],
  ['127.0.0.1', ['gravitas.example'], ['gravitas.example', 'localhost'], ['evil.example']],
  ['0.0.0.0', ['gravitas.example'], ['gravitas.example', 'localhost'], ['evil.example']],
  ['0.0.0.0', [], ['evil.example'], []],
])('a server on %s with ALLOWED_HOSTS %j serves %j and not %j', (host, allowedHosts, served, refused) => {
  const isServed = createHostFilter({ host, allowedHosts })
  expect([served.filter(isServed), refused.filter(isServed)]).toEqual([served, []])
})
