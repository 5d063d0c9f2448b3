import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { freePort } from '../schema/testing/nats-server.ts'

test('a SIGTERM to npm ends the service that it runs', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-npm-'))
  const env = { ...process.env, DATA_DIR: dataDir, PORT: String(await freePort()) }
  const npm = spawn('npm', ['run', '--silent', 'gateway'], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const group = -npm.pid!
  try {
    let log = ''
    npm.stdout.on('data', (chunk: Buffer) => (log += String(chunk)))
    await vi.waitFor(() => expect(log).toContain('gateway listening'), { timeout: 30_000 })
    npm.kill('SIGTERM')
    await once(npm, 'exit')
    await vi.waitFor(() => expect(() => process.kill(group, 0)).toThrow('ESRCH'), { timeout: 10_000 })
  } finally {
    if (isThere(group)) process.kill(group, 'SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
}, 60_000)

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
