import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { identify } from './process-identity.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'

const { command, args } = stopWithLauncher(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])

test('a program ends when its launcher is killed', async () => {
  const code = `
    const { command, args } = ${JSON.stringify({ command, args })}
    const child = require('child_process').spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    console.log(child.pid)`
  const launcher = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(await once(launcher.stdout, 'data'))
  expect(identify(pid)).toBeDefined()
  launcher.kill('SIGKILL')
  await vi.waitFor(() => expect(identify(pid)).toBeUndefined(), { timeout: 10_000 })
})

test('the process id belongs to the program itself, so that signals reach it', async () => {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] })
  child.kill('SIGKILL')
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
})
