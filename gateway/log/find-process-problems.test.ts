import { beforeEach, expect, test } from 'vitest'
import type { Heartbeat } from '../../schema/heartbeat.ts'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { healthySample, heartbeat, readModelSample } from '../testing/sample.ts'
import { silent } from '../testing/test-gateway.ts'
import { findProcessProblems } from './find-process-problems.ts'
import { ProcessWatch } from './process-watch.ts'
import type { Sample } from './sample.ts'

const STEP_MS = 500
let nowMs: number
let dead: Set<number>
let watch: ProcessWatch
let startedMs: number
/** The last heartbeats of the processes that go on sending them. */
let senders: Map<string, Heartbeat>
let more: Partial<Sample>

beforeEach(() => {
  startedMs = nowMs = 1_000
  dead = new Set()
  senders = new Map()
  more = {}
  watch = new ProcessWatch({ logger: silent, host: 'here', nowMs: () => nowMs, isAlive: (pid) => !dead.has(pid) })
  for (const name of [...READ_MODEL_NAMES.map((model) => `projector ${model}`), 'scorer serious-1', 'eraser']) run(name)
})

function run(name: string, own: Partial<Heartbeat> = {}): void {
  const process = heartbeat(name, { pid: 100 + senders.size, instance: `${name} at ${nowMs}`, ...own })
  senders.set(name, process)
  watch.heard(process)
}
function say(name: string, own: Partial<Heartbeat>): void {
  watch.heard({ ...senders.get(name)!, ...own })
  senders.delete(name)
}
function kill(name: string): void {
  dead.add(senders.get(name)!.pid)
  senders.delete(name)
}
/** Lets time pass, in which the senders send. @returns the problems at the end, and those that came and went */
function pass(seconds: number): string[] {
  let found: string[] = []
  for (const endMs = nowMs + seconds * 1_000; nowMs < endMs;) {
    nowMs += STEP_MS
    if (nowMs % 2_000 === 0) for (const process of senders.values()) watch.heard(process)
    found = find()
  }
  return found
}
const find = (): string[] =>
  findProcessProblems(healthySample({ processes: watch.sample(), linkedMs: nowMs - startedMs, ...more })).map(
    ({ code, what }) => `${code}: ${what.split('"')[1] ?? what}`,
  )

test('processes that send heartbeats are no problem', () => expect(pass(60)).toEqual([]))

test('a process that falls silent while its process exists hangs, until it is heard again', () => {
  pass(4)
  const hung = senders.get('projector hourly')!
  senders.delete('projector hourly')
  expect(pass(5)).toEqual([])
  expect(pass(5)).toEqual(['process-hung: projector hourly'])
  senders.set('projector hourly', hung)
  expect(pass(2.5)).toEqual([])
})

test('a process that was killed is missing unless another one takes its place', () => {
  pass(4)
  kill('scorer serious-1')
  expect(pass(4)).toEqual([])
  expect(pass(6)).toEqual(['process-missing: scorer serious-1'])
  run('scorer serious-1', { pid: 900 })
  expect(pass(1)).toEqual([])
})

test('a process that never comes is missing after the time in which a system starts', () => {
  say('eraser', { state: 'stopped' })
  more = { processes: [] }
  expect(pass(9)).toEqual([])
  expect(pass(3)).toContain('process-missing: eraser')
})

test('a process that was stopped on purpose is missing only after a while, so that a restart is no problem', () => {
  pass(10)
  say('projector posts', { state: 'stopped' })
  expect(pass(8)).toEqual([])
  expect(pass(4)).toEqual(['process-missing: projector posts'])
})

test('a process that refuses its work is named with its reason, without a break while it is restarted', () => {
  pass(10)
  const refusal = { state: 'failed', lastError: { message: 'The log is another one.', at: '' } } as const
  for (let attempt = 0; attempt < 5; attempt++) {
    if (attempt > 0) run('projector all-time', { pid: 500 + attempt })
    say('projector all-time', refusal)
    expect(pass(3)).toEqual(['process-refusing: projector all-time'])
    run('projector all-time', { pid: 600 + attempt })
    expect(find()).toEqual(['process-refusing: projector all-time'])
  }
  expect(pass(4)).toEqual([])
})

test('a process that is killed again and again is crash-looping, until it has run for half a minute', () => {
  pass(10)
  for (let attempt = 0; attempt < 3; attempt++) {
    kill('eraser')
    pass(1)
    run('eraser', { pid: 700 + attempt })
    pass(1)
  }
  expect(find()).toEqual(['process-crash-looping: eraser'])
  expect(pass(31)).toEqual([])
})

test('several scorers share the work, and all of them may start at once', () => {
  for (let index = 0; index < 5; index++) {
    const own = heartbeat('scorer serious-1', { pid: 800 + index, instance: `more ${index}` })
    senders.set(own.instance, own)
    watch.heard(own)
  }
  expect(pass(20)).toEqual([])
  for (let index = 0; index < 3; index++) kill(`more ${index}`)
  expect(pass(20)).toEqual([])
})

test('scorers of another model than the shown one are a problem of their own', () => {
  more = { promoted: 'serious-2' }
  expect(pass(20)).toEqual([expect.stringMatching(/shown-model-not-scored.*serious-2 is shown.*serious-1/)])
})

test('a source is missed if the settings name it, or once it was heard until it stopped', () => {
  run('ingest rss')
  pass(4)
  kill('ingest rss')
  expect(pass(10)).toEqual(['process-missing: ingest rss'])
  run('ingest rss', { pid: 900 })
  say('ingest rss', { state: 'stopped' })
  expect(pass(20)).toEqual([])
  more = { source: 'demo' }
  expect(pass(1)).toEqual(['process-missing: ingest demo'])
})

test('an import may end in any way', () => {
  for (const end of [(): void => kill('ingest dump'), (): void => say('ingest dump', { state: 'failed' })]) {
    run('ingest dump')
    pass(4)
    end()
    expect(pass(20)).toEqual([])
  }
})

test('projectors of other hosts and other files are not missed', () => {
  const far = { instance: 'far', host: 'elsewhere', fileId: 'of another host' }
  const other = { instance: 'other', pid: 901, fileId: 'of another folder' }
  for (const own of [far, other]) watch.heard(heartbeat('projector posts', own))
  more = { readModels: READ_MODEL_NAMES.map((name) => readModelSample(name, { fileId: `file of ${name}` })) }
  expect(pass(20)).toEqual([])
})

test('silence has another reason while there was no connection, and while the gateway itself stood still', () => {
  pass(4)
  nowMs += 60_000
  expect(find()).toEqual([])
  nowMs += STEP_MS
  expect(find()).toEqual([])
  watch.listenAgain()
  expect(pass(6)).toEqual([])
})

test('processes of containers that have the name of this host are no problem, although their ids do not exist here', () => {
  for (let pid = 700; pid < 704; pid++) {
    dead.add(pid)
    senders.set(`scorer ${pid}`, heartbeat('scorer serious-1', { pid, instance: `in container ${pid}` }))
  }
  for (const { pid } of senders.values()) dead.add(pid)
  for (let seconds = 0; seconds < 60; seconds++) expect(pass(1)).toEqual([])
})
