import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { AnswerWatch } from './answer-watch.ts'

let now = 0
const watch = new AnswerWatch({ stalledMs: 30_000, maxWaitingBytes: 1_000 }, () => now)
afterEach(() => watch[Symbol.dispose]())

/** A response of which a test says how much was written and how much of it waits. */
class Answer extends EventEmitter {
  writableLength = 0
  isCut = false
  readonly socket = { bytesWritten: 0, writableLength: 0 }
  readonly req = { socket: { destroyed: false, destroy: () => this.destroy() } }

  constructor() {
    super()
    watch.add(this as unknown as ServerResponse)
  }

  set(written: number, waiting: number): this {
    this.socket.bytesWritten = written
    this.writableLength = this.socket.writableLength = waiting
    return this
  }

  destroy(): void {
    this.isCut = true
    this.emit('close')
  }
}

function pass(ms: number): void {
  now += ms
  watch.check()
}

test('a client that takes nothing of what waits for it is cut off; a slow one and an idle stream stay', () => {
  const [unread, slow, idle] = [new Answer().set(100, 100), new Answer().set(100, 100), new Answer().set(100, 0)]
  watch.check()
  for (let step = 1; step <= 4; step++) {
    slow.set(100 + step, 100)
    pass(10_000)
  }
  expect([unread.isCut, slow.isCut, idle.isCut]).toEqual([true, false, false])
  pass(20_000)
  expect(slow.isCut).toBe(false)
  pass(10_000)
  expect([slow.isCut, idle.isCut]).toEqual([true, false])
  idle.destroy()
})

test('when too much waits in all, those who have taken nothing for longest are cut off', () => {
  const answers: Answer[] = []
  for (let index = 0; index < 4; index++) {
    answers.push(new Answer().set(300, 300))
    pass(100)
  }
  expect(answers.map(({ isCut }) => isCut)).toEqual([true, false, false, false])
  // The check is also made when a request comes, so many requests at once are noticed between two checks.
  answers.push(new Answer().set(300, 300))
  now += 60
  answers.push(new Answer())
  expect(answers.map(({ isCut }) => isCut)).toEqual([true, true, false, false, false, false])
})
