import { setTimeout as pause } from 'node:timers/promises'
import { POSTS, SCORES } from '../../schema/streams.ts'
import type { System } from '../system/system.ts'
import type { Fault } from './fault.ts'

const AWAY_MS = { min: 500, max: 4_000 }

/** The reason why a fault that needs one nats-server cannot be run; undefined if it can. */
export const needsOneServer = ({ cluster }: System): string | undefined =>
  cluster === undefined ? undefined : 'it needs one nats-server behind proxies'

const needsCluster = ({ cluster }: System): string | undefined =>
  cluster === undefined ? 'it needs --cluster' : undefined

const killLeader: Fault = {
  name: 'kill the leader of a stream',
  unavailable: needsCluster,
  run: async ({ system: { cluster }, draw }) => {
    const [stream, ms] = [draw.pick([POSTS, SCORES]), draw.number(AWAY_MS.min, AWAY_MS.max)]
    const leader = Math.max(0, await cluster!.leaderOf(stream))
    await cluster!.kill(leader)
    await pause(ms)
    await cluster!.start(leader)
    return `${stream}, away for ${ms} ms`
  },
}

const suspendLeader: Fault = {
  name: 'freeze the leader of a stream',
  unavailable: needsCluster,
  run: async ({ system: { cluster }, draw }) => {
    const [stream, ms] = [draw.pick([POSTS, SCORES]), draw.number(AWAY_MS.min, AWAY_MS.max)]
    const leader = Math.max(0, await cluster!.leaderOf(stream))
    cluster!.suspend(leader)
    await pause(ms)
    cluster!.resume(leader)
    return `${stream}, ${ms} ms`
  },
}

export const clusterFaults: readonly Fault[] = [killLeader, suspendLeader]
