import { setTimeout as pause } from 'node:timers/promises'
import { untilReadiness } from '../check/readiness.ts'
import { NATS_SERVER, PROJECTORS, SCORER, SERVICES } from '../system/programs.ts'
import { needsOneServer } from './cluster.ts'
import type { Fault } from './fault.ts'

const FREEZE_MS = { min: 200, max: 2_000 }
/** A problem appears in /readyz within 15 s; the rest is for a slow machine. */
const REPORTED_MS = 20_000

const killOne = (name: string, choose: readonly string[]): Fault => ({
  name,
  ...(choose.includes(NATS_SERVER) ? { unavailable: needsOneServer } : {}),
  run: async ({ system, draw }) => {
    const victim = draw.pick(choose)
    system.signal(victim, 'SIGKILL')
    return victim
  },
})

const freezeOne = (name: string, choose: readonly string[]): Fault => ({
  name,
  ...(choose.includes(NATS_SERVER) ? { unavailable: needsOneServer } : {}),
  run: async ({ system, draw }) => {
    const [victim, ms] = [draw.pick(choose), draw.number(FREEZE_MS.min, FREEZE_MS.max)]
    system.signal(victim, 'SIGSTOP')
    await pause(ms)
    system.signal(victim, 'SIGCONT')
    return `${victim}, ${ms} ms`
  },
})

const killAll: Fault = {
  name: 'kill everything',
  run: async ({ system, draw }) => {
    const order = draw.shuffle(system.names)
    for (const name of order) system.signal(name, 'SIGKILL')
    return order[0]!
  },
}

const restartOne: Fault = {
  name: 'restart a service',
  run: async ({ system, draw }) => {
    const [victim, ms] = [draw.pick(SERVICES), draw.number(0, 500)]
    await system.stop(victim)
    await pause(ms)
    system.start(victim)
    return `${victim}, away for ${ms} ms`
  },
}

const restartServer: Fault = {
  name: 'restart nats-server',
  unavailable: needsOneServer,
  run: async ({ system }) => {
    await system.stop(NATS_SERVER)
    const seconds = await untilReadiness(system.url, 'nats-disconnected', REPORTED_MS, ({ ready, problems }) => {
      return !ready && problems.some(({ code }) => code === 'nats-disconnected')
    })
    system.start(NATS_SERVER)
    return `reported after ${seconds.toFixed(1)} s`
  },
}

/** Freezes a process until /readyz reports that it hangs. */
const hang: Fault = {
  name: 'hang until it is reported',
  run: async ({ system, draw }) => {
    const victim = draw.pick([SCORER, ...PROJECTORS])
    system.signal(victim, 'SIGSTOP')
    try {
      // A gateway that has just started and has no heartbeat of the process yet cannot know that the process exists.
      const codes = new Set<string>(['process-hung', 'process-missing'])
      const seconds = await untilReadiness(system.url, 'process-hung', REPORTED_MS, ({ ready, problems }) => {
        return !ready && problems.some(({ code }) => codes.has(code))
      })
      return `${victim}, reported after ${seconds.toFixed(1)} s`
    } finally {
      system.signal(victim, 'SIGCONT')
    }
  },
}

/** Stops a process until /readyz reports that it is missing. */
const miss: Fault = {
  name: 'stop until it is reported',
  run: async ({ system, draw }) => {
    const victim = draw.pick([SCORER, ...PROJECTORS])
    await system.stop(victim)
    const seconds = await untilReadiness(system.url, 'process-missing', REPORTED_MS, ({ ready, problems }) => {
      return !ready && problems.some(({ code }) => code === 'process-missing')
    })
    system.start(victim)
    return `${victim}, reported after ${seconds.toFixed(1)} s`
  },
}

export const processFaults: readonly Fault[] = [
  killOne('kill nats-server', [NATS_SERVER]),
  killOne('kill the scorer', [SCORER]),
  killOne('kill a projector', PROJECTORS),
  killOne('kill the gateway or the eraser', ['gateway', 'eraser']),
  killAll,
  freezeOne('freeze nats-server', [NATS_SERVER]),
  freezeOne('freeze a service', SERVICES),
  restartOne,
  restartServer,
  hang,
  miss,
]
