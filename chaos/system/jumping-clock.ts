import { existsSync, readFileSync } from 'node:fs'

/**
 * This module is preloaded into every service (`node --import`). It puts the clock of the service ahead of the machine's
 * clock, or behind it, by the milliseconds in the file CHAOS_CLOCK. SIGUSR2 makes it read the file again, so that the
 * clock jumps.
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
