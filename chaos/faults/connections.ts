import { setTimeout as pause } from 'node:timers/promises'
import { dropMessages } from '../system/drop-messages.ts'
import { needsOneServer } from './cluster.ts'
import { GATEWAY, SERVICES } from '../system/programs.ts'
import type { Fault } from './fault.ts'

const cut: Fault = {
  name: 'cut a connection',
  run: async ({ system, draw }) => {
    const [victim, times] = [draw.pick(SERVICES), draw.number(1, 3)]
    for (let time = 0; time < times; time++) {
      system.proxy(victim).cut()
      await pause(draw.number(50, 500))
    }
    return `${victim}, ${times} times`
  },
}

const partition: Fault = {
  name: 'separate a service from NATS',
  run: async ({ system, draw }) => {
    const [victim, ms, isSilent] = [draw.pick(SERVICES), draw.number(300, 2_000), draw.chance(0.5)]
    const end = isSilent ? system.proxy(victim).hold() : system.proxy(victim).refuse()
    await pause(ms)
    end()
    return `${victim}, ${ms} ms, ${isSilent ? 'without an answer' : 'refused'}`
  },
}

const slow: Fault = {
  name: 'slow a connection',
  run: async ({ system, draw }) => {
    const [victim, kilobytes, ms] = [draw.pick(SERVICES), draw.number(5, 50), draw.number(500, 2_000)]
    const end = system.proxy(victim).slow(kilobytes * 1_000)
    await pause(ms)
    end()
    return `${victim}, ${kilobytes} kB/s for ${ms} ms`
  },
}

const loseNotices: Fault = {
  name: 'lose change notices',
  run: async ({ system, draw }) => {
    let lost = 0
    const end = system.proxy(GATEWAY).filter(() => dropMessages('changes.', () => lost++))
    await pause(draw.number(300, 1_500))
    end()
    return `${lost} lost`
  },
}

export const connectionFaults: readonly Fault[] = [cut, partition, slow, loseNotices].map((fault) =>
  Object.assign(fault, { unavailable: needsOneServer }),
)
