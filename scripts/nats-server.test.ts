import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findMirror } from './fetch-nats-server.ts'
import { findNatsServer } from './nats-server.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gravitas-cache-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
  vi.stubEnv('GRAVITAS_NATS_SERVER', '')
  vi.stubEnv('PATH', '/usr/bin:/bin')
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

function writeProgram(file: string): string {
  writeFileSync(file, `#!/bin/sh\ntouch "${folder}/was-run"\necho "nats-server: v2.99.0"\n`)
  chmodSync(file, 0o755)
  return file
}

test('a program in the cache that is not the fetched one is not run, and is fetched again', async () => {
  let fetched = 0
  const fetchers = { 'a test': async (work: string) => (fetched++, writeProgram(join(work, 'nats-server'))) }
  const file = await findNatsServer(fetchers)
  expect([await findNatsServer(fetchers), fetched]).toEqual([file, 1])
  appendFileSync(file, 'evil')
  rmSync(join(folder, 'was-run'))
  const failing = { 'a test': () => Promise.reject(new Error('no network')) }
  await expect(findNatsServer(failing)).rejects.toThrow('a test: no network')
  expect(existsSync(join(folder, 'was-run'))).toBe(false)
  expect([await findNatsServer(fetchers), fetched]).toEqual([file, 2])
})

test('a program in the cache without a record of its checksum is not run', async () => {
  const other = join(folder, 'gravitas', 'nats-server-2.99.9')
  mkdirSync(other, { recursive: true })
  writeProgram(join(other, 'nats-server'))
  await expect(findNatsServer({})).rejects.toThrow('No nats-server')
  expect(existsSync(join(folder, 'was-run'))).toBe(false)
})

test('finds the mirror in both formats of a sources list', () => {
  expect(findMirror('deb [arch=amd64] http://mirror.example/debian trixie main')).toBe('http://mirror.example/debian')
  const deb822 = 'Types: deb\n# URIs: http://old.example/debian\nURIs: https://mirror.example/debian/\nSuites: trixie\n'
  expect(findMirror(deb822)).toBe('https://mirror.example/debian/')
  expect(findMirror('deb http://security.example/debian-security trixie-security main')).toBeUndefined()
  expect(findMirror('deb http://archive.example/ubuntu noble main')).toBeUndefined()
})
