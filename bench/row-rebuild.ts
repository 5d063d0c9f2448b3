import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SCORES } from '../schema/streams.ts'
import { seconds } from './raw.ts'
import type { Figure } from './report.ts'
import { until, type Stack } from './stack.ts'

/**
 * Measures the rebuild of a read model from the log: its file is deleted and its projector started. Start-up is
 * included.
 */
export async function benchRebuild(
  stack: Stack,
  name: string,
  events: number,
  raw: { consumed: number; inserted: number },
): Promise<Figure> {
  await stack.stop(`projector ${name}`)
  for (const suffix of ['', '-wal', '-shm']) await rm(join(stack.dataDir, `${name}.db${suffix}`), { force: true })
  const start = performance.now()
  stack.launchProjector(name)
  await until(() => stack.checkpoint(name, SCORES) >= events, 600_000, `${name} to be rebuilt`)
  return {
    what: `rebuild of ${name}`,
    measured: events / seconds(start),
    unit: 'events/s',
    budget: 150_000,
    better: 'higher',
    raw: { what: 'consuming and inserting, one after the other', measured: 1 / (1 / raw.consumed + 1 / raw.inserted) },
  }
}
