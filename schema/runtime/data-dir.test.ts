import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { protectDataDir } from './data-dir.ts'

let folder: string
let lines: string[]
let umask: number
const logger = pino(new Writable({ write: (line: Buffer, _, done) => (lines.push(String(line)), done()) }))
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
beforeEach(() => {
  umask = process.umask()
  folder = mkdtempSync(join(tmpdir(), 'gravitas-data-'))
  lines = []
})
afterEach(() => {
  process.umask(umask)
  rmSync(folder, { recursive: true })
})

test.each([0o022, 0o077, 0o000])('DATA_DIR and new files are private, whatever the umask is: %o', (mask) => {
  process.umask(mask)
  const dataDir = join(folder, 'a', 'b')
  protectDataDir({ dataDir }, logger)
  writeFileSync(join(dataDir, 'new'), '')
  mkdirSync(join(dataDir, 'folder'))
  expect([dataDir, join(dataDir, 'new'), join(dataDir, 'folder')].map(modeOf)).toEqual(['700', '600', '700'])
  expect(lines).toEqual([])
})

test('a folder that others could open is closed, and the log says so once', () => {
  chmodSync(folder, 0o755)
  for (const name of ['jetstream', 'dead-letters', 'mine']) mkdirSync(join(folder, name), { mode: 0o755 })
  for (let time = 0; time < 2; time++) protectDataDir({ dataDir: folder }, logger)
  expect(modeOf(folder)).toBe('700')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('DATA_DIR was open to other users')
  expect(['jetstream', 'dead-letters', 'mine'].map((name) => modeOf(join(folder, name)))).toEqual(['700', '700', '755'])
})

test('DATA_GROUP_READ opens the folder to its group, and nothing but the read models in it', () => {
  chmodSync(folder, 0o700)
  mkdirSync(join(folder, 'jetstream'))
  chmodSync(join(folder, 'jetstream'), 0o750)
  protectDataDir({ dataDir: folder, dataGroupRead: true }, logger)
  expect([modeOf(folder), modeOf(join(folder, 'jetstream'))]).toEqual(['750', '700'])
  expect(lines).toEqual([])
})

test('a folder that all users share is not closed to them, and the log warns', () => {
  chmodSync(folder, 0o1777)
  protectDataDir({ dataDir: folder }, logger)
  expect(modeOf(folder)).toBe('777')
  expect(lines[0]).toContain('other users can open DATA_DIR')
})
