import { SERVICES } from '../system/programs.ts'
import type { Fault } from './fault.ts'

const HOUR_MS = 3_600_000

/** The clock of a service jumps while the service runs, and stays wrong until the next jump. */
const jump: Fault = {
  name: 'a clock jumps',
  run: async ({ system, draw }) => {
    const [victim, hours] = [draw.pick(SERVICES), draw.pick([-720, -24, -1, 0, 1, 25, 720])]
    system.shiftClock(victim, hours * HOUR_MS)
    return `${victim}, ${hours} h`
  },
}

export const clockFaults: readonly Fault[] = [jump]
