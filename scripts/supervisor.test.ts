import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createLogger } from '../schema/runtime/logger.ts'
import { requireFreePorts } from './ports.ts'
import { SupervisedProcess } from './supervisor.ts'

const logger = createLogger('test', 'silent')
const backOff = { firstMs: 10, maxMs: 40, healthyMs: 60_000 }
const program = (code: string) =>
  ({ name: 'x', command: process.execPath, args: ['-e', code], watchesLauncher: true }) as const

test('a crashed process is started again, a stopped one is not', async () => {
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

test('a process that listens for SIGTERM is gone after disposal', async () => {
  const supervised = new SupervisedProcess(program('setInterval(() => {}, 1000)'), logger, backOff)
  supervised.start()
  const pid = supervised.pid!
  await supervised[Symbol.asyncDispose]()
  expect(() => process.kill(pid, 0)).toThrow()
})

test('a taken port is named with its setting', async () => {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await expect(requireFreePorts([{ setting: 'PORT', host: '127.0.0.1', port }])).rejects.toThrow(/Set PORT/)
  server.close()
})
