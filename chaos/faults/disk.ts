import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { needsOneServer } from './cluster.ts'
import type { Fault } from './fault.ts'

const BLOCK = Buffer.alloc(64 * 1024)

const fill: Fault = {
  name: 'the disk is full for a while',
  unavailable: (system) =>
    needsOneServer(system) ?? (system.folder.isMounted ? undefined : 'only root on Linux can mount a small tmpfs'),
  run: async ({ system, draw }) => {
    const [ms, ballast] = [draw.number(300, 2_000), join(system.dataDir, 'ballast')]
    try {
      await fillDisk(ballast)
      await pause(ms)
    } finally {
      await rm(ballast, { force: true })
    }
    return `${ms} ms`
  },
}

/** Writes until nothing more fits. */
async function fillDisk(path: string): Promise<void> {
  await using file = await open(path, 'w')
  try {
    for (;;) await file.writeFile(BLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const { bavail, bsize } = await statfs(path)
    await file.appendFile(Buffer.alloc(bavail * bsize)).catch(() => {})
  }
}

export const diskFaults: readonly Fault[] = [fill]
