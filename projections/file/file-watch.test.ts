import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { watchFile, type FileWatch } from './file-watch.ts'

let folder: string
let file: string
let watch: FileWatch
let found: unknown
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  folder = mkdtempSync(join(tmpdir(), 'gravitas-watch-'))
  file = join(folder, 'posts.db')
  for (const path of [file, `${file}-wal`]) writeFileSync(path, 'one')
  watch = watchFile(file)
  found = undefined
  void watch.replaced.catch((error: unknown) => (found = error))
})
afterEach(() => {
  watch[Symbol.dispose]()
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

test('a file that only changes is the same file', async () => {
  writeFileSync(file, 'two')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(found).toBeUndefined()
})

test.each<[string, () => void]>([
  ['deleted', (): void => rmSync(file)],
  [
    'restored',
    (): void => {
      writeFileSync(file, 'an older copy')
      rmSync(`${file}-wal`)
    },
  ],
  [
    'replaced',
    (): void => {
      writeFileSync(`${file}.new`, 'other')
      renameSync(`${file}.new`, file)
    },
  ],
])('a %s file is noticed', async (_, change) => {
  change()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(found).toBeInstanceOf(OperationalError)
})
