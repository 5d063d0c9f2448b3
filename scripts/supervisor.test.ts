import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Logger } from '../schema/runtime/logger.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { requireFreePorts } from './ports.ts'
import { EXIT_MISCONFIGURED, EXIT_WRONG_ARGUMENTS } from '../schema/runtime/lifecycle.ts'
import { SupervisedProcess } from './supervisor.ts'

const logger = createLogger('test', 'silent')
const backOff = { firstMs: 10, maxMs: 40, healthyMs: 60_000 }
const program = (code: string) =>
  ({ name: 'x', command: process.execPath, args: ['-e', code], watchesLauncher: true }) as const

test('a crashed process is started again, and a stopped one is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-supervisor-'))
  const file = join(folder, 'starts')
  const code = `require('fs').appendFileSync(${JSON.stringify(file)}, 'x'); process.exit(1)`
  const supervised = new SupervisedProcess(program(code), logger, backOff)
  supervised.start()
  await vi.waitFor(async () => expect((await readFile(file, 'utf8')).length).toBeGreaterThanOrEqual(3), {
    timeout: 10_000,
  })
  await supervised[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

test('a crash loop is logged with advice, and so is an exit because of wrong settings', async () => {
  const said: [object, string][] = []
  const record = (fields: object, message: string): void => void said.push([fields, message])
  const recording = { error: record, fatal: record } as unknown as Logger
  const looping = { ...program('process.exit(1)'), advice: 'see its log' }
  await using missing = new SupervisedProcess({ ...looping, command: '/nowhere/node' }, recording, backOff)
  missing.start()
  await using crashing = new SupervisedProcess(looping, recording, backOff)
  await using misconfigured = new SupervisedProcess(program(`process.exit(${EXIT_MISCONFIGURED})`), recording, backOff)
  crashing.start()
  misconfigured.start()
  await vi.waitFor(
    () => {
      expect(said.filter(([, message]) => message === 'the process cannot start').length).toBeGreaterThan(2)
      expect(said).toContainEqual([
        expect.objectContaining({ crashes: 3, advice: 'see its log' }),
        'the process keeps crashing',
      ])
      expect(said).toContainEqual([
        expect.objectContaining({ restartInMs: 40 }),
        'the process cannot work with its settings',
      ])
    },
    { timeout: 10_000 },
  )
})

test('a process that refuses its arguments is not started again, until somebody restarts it', async () => {
  const said: string[] = []
  const recording = { fatal: (_: object, message: string) => void said.push(message) } as unknown as Logger
  const refusing = program(`process.exit(${EXIT_WRONG_ARGUMENTS})`)
  await using supervised = new SupervisedProcess(refusing, recording, backOff)
  supervised.start()
  await vi.waitFor(() => expect(said).toEqual(['the process refuses its arguments and is not restarted']), {
    timeout: 10_000,
  })
  const first = supervised.pid
  await new Promise((resolve) => setTimeout(resolve, 10 * backOff.maxMs))
  expect(supervised.pid).toBe(first)
  await supervised.restart()
  await vi.waitFor(() => expect(said).toHaveLength(2), { timeout: 10_000 })
  expect(supervised.pid).not.toBe(first)
})

test('several restarts at once start one new process, and none after disposal', async () => {
  const supervised = new SupervisedProcess(program('setInterval(() => {}, 1000)'), logger, backOff)
  supervised.start()
  const first = supervised.pid!
  await Promise.all([supervised.restart(), supervised.restart()])
  const second = supervised.pid!
  expect(second).not.toBe(first)
  await Promise.all([supervised.restart(), supervised[Symbol.asyncDispose]()])
  for (const pid of [first, second, supervised.pid!]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('a process that stops on SIGTERM is gone after disposal', async () => {
  const supervised = new SupervisedProcess(program('setInterval(() => {}, 1000)'), logger, backOff)
  supervised.start()
  const pid = supervised.pid!
  await supervised[Symbol.asyncDispose]()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('the error for a taken port names its setting', async () => {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await expect(requireFreePorts([{ setting: 'PORT', host: '127.0.0.1', port }])).rejects.toThrow(/Set PORT/)
  server.close()
})
