import { existsSync, readFileSync } from 'node:fs'

/**
 * Preloaded into every service (`node --import`): its clock runs ahead of the machine's, or behind it, by the
 * milliseconds that the file CHAOS_CLOCK holds. SIGUSR2 makes a running process read the file again, so its clock jumps.
 */
const file = process.env['CHAOS_CLOCK'] ?? ''
const RealDate = Date
let offsetMs = 0

function readOffset(): void {
  offsetMs = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
}

class JumpingDate extends RealDate {
  constructor(...args: [] | ConstructorParameters<DateConstructor>) {
    if (args.length === 0) super(RealDate.now() + offsetMs)
    else super(...args)
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

readOffset()
globalThis.Date = JumpingDate as DateConstructor
process.on('SIGUSR2', readOffset)
