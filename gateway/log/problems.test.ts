import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silent, TestGateway } from '../testing/test-gateway.ts'
import { Problems } from './problems.ts'
import { ScoringModels } from './scoring-models.ts'

let gateway: TestGateway
let problems: Problems
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  gateway = new TestGateway()
  const { models, shown } = gateway.context
  Object.defineProperty(shown, 'promoted', { value: 'serious-1' })
  problems = new Problems({ models, shown, scoring: new ScoringModels(silent), log: gateway.log })
})
afterEach(() => {
  vi.useRealTimers()
  gateway[Symbol.dispose]()
})

const setLastScore = (lastSequence: number): void =>
  void vi
    .spyOn(gateway.log, 'streams', 'get')
    .mockReturnValue([{ name: 'SCORES', messages: lastSequence, bytes: 0, lastSequence }])
const score = (id: string) => ({ id, subreddit: 'aa', createdUtc: 1_764_000_000, seriousness: 1 })
/** Finds the problems once a second, as the gateway does. */
function watch(seconds: number): string[] {
  let found: string[] = []
  for (let second = 0; second < seconds; second++) {
    vi.advanceTimersByTime(1_000)
    found = problems.find()
  }
  return found
}

test('a read model that is behind and does not advance for a minute is a problem until it advances', () => {
  gateway.files.add(score('a'))
  setLastScore(2)
  expect(watch(55)).toEqual([])
  expect(watch(10)).toEqual([
    expect.stringMatching(/^posts\.db is 1 events? behind.*projector running/),
    expect.stringMatching(/^hourly\.db/),
    expect.stringMatching(/^all-time\.db/),
  ])
  gateway.files.add(score('b'))
  expect(watch(1)).toEqual([])
})

test('a new event after a long silence is not a problem', () => {
  gateway.files.add(score('a'))
  setLastScore(1)
  expect(watch(120)).toEqual([])
  setLastScore(2)
  expect(watch(5)).toEqual([])
})
