import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileSize, findInputProblem, readFileBytes } from './input-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-input-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(path: string): Promise<string> {
  let all = ''
  for await (const chunk of readFileBytes(path)) all += String(chunk)
  return all
}

test('folders, devices, sockets and missing files are refused with a sentence', async () => {
  const socket = join(folder, 'socket')
  const server = createServer().listen(socket)
  expect(findInputProblem(folder)).toContain('is a folder, not a file')
  expect(findInputProblem('/dev/zero')).toBe('/dev/zero is a device, not a file')
  expect(findInputProblem(socket)).toContain('is a socket, not a file')
  expect(findInputProblem(join(folder, 'missing'))).toContain('does not exist')
  server.close()
})

test('a named pipe is read to its end, and a pipe without a writer can be closed', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  expect(findInputProblem(pipe)).toBeUndefined()
  expect(await fileSize(pipe)).toBeUndefined()
  const reading = read(pipe)
  const writer = await open(pipe, 'w')
  await writer.write('one\n')
  await writer.write('two\n')
  await writer.close()
  expect(await reading).toBe('one\ntwo\n')
  const stop = new AbortController()
  const waiting = (async () => {
    for await (const _ of readFileBytes(pipe, stop.signal)) expect.unreachable()
  })()
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('aborted')
})

test('a file that becomes shorter while it is read is not taken for complete', async () => {
  const file = join(folder, 'shrinking')
  await writeFile(file, 'x'.repeat(2_000_000))
  const chunks = readFileBytes(file)[Symbol.asyncIterator]()
  await chunks.next()
  await truncate(file, 300_000)
  const rest = async (): Promise<void> => {
    while ((await chunks.next()).done !== true);
  }
  await expect(rest()).rejects.toThrow('became shorter while it was read')
})
