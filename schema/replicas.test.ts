import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { findMissingReplicas, findSingleCopies, findStreamsWithoutLeader, infoOfLeader } from './replicas.ts'

function info(name: string, replicas: number, cluster?: object): StreamInfo {
  return { config: { name, num_replicas: replicas }, cluster } as StreamInfo
}

test('a single copy is a problem only in a cluster', () => {
  const leader = { name: 'c', leader: 'a' }
  expect(findSingleCopies([info('POSTS', 1), info('SCORES', 1)])).toEqual([])
  expect(findSingleCopies([info('POSTS', 3, leader), info('SCORES', 3, leader)])).toEqual([])
  expect(findSingleCopies([info('POSTS', 1, leader), info('SCORES', 3, leader), info('DEAD', 1, leader)])).toEqual([
    expect.objectContaining({ code: 'single-copies', what: expect.stringContaining('POSTS, DEAD:') as string }),
  ])
})

test('a stream of a cluster without a leader is reported', () => {
  expect(findStreamsWithoutLeader([info('POSTS', 1), info('SCORES', 3, { name: 'c', leader: 'a' })])).toEqual([])
  expect(findStreamsWithoutLeader([info('POSTS', 3, { name: 'c', replicas: [] })])).toHaveLength(1)
  const peers = (...seconds: number[]): object => ({
    leader: 'a',
    name: 'c',
    replicas: seconds.map((s) => ({ active: s * 1e9 })),
  })
  expect(findStreamsWithoutLeader([info('POSTS', 3, peers(1, 12)), info('DEAD', 5, peers(1, 1, 12, 12))])).toEqual([])
  expect(findStreamsWithoutLeader([info('POSTS', 3, peers(12, 12))])).toHaveLength(1)
  expect(findStreamsWithoutLeader([info('POSTS', 5, peers(1, 12, 12, 12))])).toHaveLength(1)
})

test('a server that has said nothing for ten seconds, or is known to be offline, is reported once', () => {
  const replicas = (server: object): object => ({ name: 'c', replicas: [{ name: 'b', active: 1e9 }, server] })
  const down = replicas({ name: 'c', active: 14e9 })
  expect(findMissingReplicas([info('POSTS', 1), info('SCORES', 3, replicas({ name: 'c', active: 0 }))])).toEqual([])
  expect(findMissingReplicas([info('POSTS', 3, down), info('SCORES', 3, down)])).toEqual([
    expect.objectContaining({ subject: 'c', what: expect.stringContaining('POSTS, SCORES') as string }),
  ])
  expect(findMissingReplicas([info('DEAD', 3, replicas({ name: 'c', active: 0, offline: true }))])).toHaveLength(1)
})

test('the info of a stream without a leader is not taken, because the copy that answers may lack events', async () => {
  const answer = (found: StreamInfo): JetStreamManager =>
    ({ streams: { info: () => Promise.resolve(found) } }) as unknown as JetStreamManager
  for (const found of [info('POSTS', 1), info('POSTS', 3, { name: 'c', leader: 'a' })])
    expect(await infoOfLeader(answer(found), 'POSTS')).toBe(found)
  const leaderless = answer(info('POSTS', 3, { name: 'c', replicas: [] }))
  await expect(infoOfLeader(leaderless, 'POSTS')).rejects.toThrow('Stream POSTS has no leader')
})
