import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataDir } from './data-dir-lock.ts'
import { takePidFile } from './pid-file.ts'
import { identify, isRunning } from './process-identity.ts'
import { recordedProcesses, recordProcess, stopLeftovers } from './process-records.ts'

let dataDir: string
beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'gravitas-records-'))))
afterEach(() => rm(dataDir, { recursive: true }))

const spawnWaiting = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })

test('a process that was left running is stopped', async () => {
  const child = spawnWaiting()
  const exited = once(child, 'exit')
  recordProcess(dataDir, 'some service', child.pid!)
  expect(Object.keys(recordedProcesses(dataDir))).toEqual(['some-service'])
  await stopLeftovers(dataDir)
  await exited
  expect(recordedProcesses(dataDir)).toEqual({})
})

test('a process that has the id of a recorded process that ended is not stopped', async () => {
  const child = spawnWaiting()
  recordProcess(dataDir, 'nats-server', child.pid!)
  await writeFile(join(dataDir, 'pids', 'nats-server'), `${child.pid} another time\n`)
  await stopLeftovers(dataDir)
  expect(isRunning(identify(child.pid!)!)).toBe(true)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  expect(identify(child.pid!)).toBeUndefined()
})

test.each(['', 'nonsense', '999999999 1\n', `${process.ppid} 1\n`])(
  'a leftover lock file %j is taken over',
  async (text) => {
    const file = join(dataDir, 'launcher.pid')
    await writeFile(file, text)
    expect(await takePidFile(file)).toBeUndefined()
    expect(await takePidFile(file)).toMatchObject({ pid: process.pid })
  },
)

test('a data folder has one launcher at a time', async () => {
  const lock = await lockDataDir(dataDir)
  await expect(lockDataDir(dataDir)).rejects.toThrow(`already runs on ${dataDir} (process ${process.pid})`)
  await lock[Symbol.asyncDispose]()
  await (await lockDataDir(dataDir))[Symbol.asyncDispose]()
})

test('a new data folder is private from the beginning', async () => {
  const folder = join(dataDir, 'new')
  await using _lock = await lockDataDir(folder)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('the error of a data folder that cannot be made names it', async () => {
  await writeFile(join(dataDir, 'file'), '')
  await expect(lockDataDir(join(dataDir, 'file', 'data'))).rejects.toThrow(/DATA_DIR .* cannot be written/)
})
