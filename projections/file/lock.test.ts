import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'
import { openReadModel } from './database.ts'
import { claimFileId } from './file-id.ts'
import { lockFile } from './lock.ts'

test('a file has one writer, and the next one learns which', () => {
  using model = new TestReadModel(projections['all-time'])
  const first = lockFile(model.file)
  expect(() => lockFile(model.file)).toThrow(
    `Process ${process.pid} on ${hostname()} has been writing ${model.file} since 20`,
  )
  first[Symbol.dispose]()
  lockFile(model.file)[Symbol.dispose]()
})

test('the lock of a process that was killed is free', async () => {
  using model = new TestReadModel(projections['all-time'])
  const script = `const { lockFile } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    globalThis.lock = lockFile(${JSON.stringify(model.file)}); console.log('locked'); setInterval(() => {}, 1_000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  expect(() => lockFile(model.file)).toThrow(`Process ${holder.pid} on `)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  lockFile(model.file)[Symbol.dispose]()
})

test('a file keeps its id, and a copy of it gets another', () => {
  using model = new TestReadModel(projections['all-time'])
  const id = claimFileId(model.database)
  expect(id).toMatch(/^[0-9a-f]{8}$/)
  expect(claimFileId(model.database)).toBe(id)
  model.database.exec('VACUUM')
  expect(claimFileId(model.database)).toBe(id)
  model.database.pragma('wal_checkpoint(TRUNCATE)')
  const copy = `${model.file}-copy`
  copyFileSync(model.file, copy)
  const opened = openReadModel(copy, projections['all-time'])
  expect(claimFileId(opened)).not.toBe(id)
  opened.close()
  rmSync(copy)
})
