import type { Draw } from '../random.ts'
import { clockFaults } from './clock.ts'
import { clusterFaults } from './cluster.ts'
import { connectionFaults } from './connections.ts'
import { diskFaults } from './disk.ts'
import type { Fault } from './fault.ts'
import { importFaults } from './imports.ts'
import { lossFaults } from './losses.ts'
import { processFaults } from './processes.ts'
import { writerFaults } from './writers.ts'

/** Every fault. */
export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...connectionFaults,
  ...clockFaults,
  ...clusterFaults,
  ...diskFaults,
  ...importFaults,
  ...lossFaults,
  ...writerFaults,
]

/** The fault of each round: every fault comes once before any comes again. */
export function* drawFaults(draw: Draw, faults: readonly Fault[]): Generator<Fault, never> {
  if (faults.length === 0) throw new Error('none of the chosen faults can be brought about here')
  for (;;) yield* draw.shuffle(faults)
}
