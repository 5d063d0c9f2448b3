import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogLimiter } from './log-limiter.ts'
import { createLimitedLogger, type Logger } from './logger.ts'

interface Line {
  readonly level: number
  readonly msg: string
  readonly err?: { readonly message: string; readonly stack: string }
}

let lines: string[]
let logger: Logger

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  lines = []
  const out = new Writable({ write: (line: Buffer, _, done) => (lines.push(String(line)), done()) })
  logger = createLimitedLogger({ name: 'test', level: 'debug' }, out, new LogLimiter({ linesPerKind: 3 }))
})

afterEach(() => void vi.useRealTimers())

const parsed = (): Line[] => lines.splice(0).map((line) => JSON.parse(line) as Line)
const messages = (): string[] => parsed().map(({ msg }) => msg)

test('each kind of message has its own limit, and a line after each minute says how many were left out', () => {
  for (let number = 0; number < 1_000; number++) logger.warn({ number }, `event ${number} is rubbish`)
  logger.warn('something else')
  expect(messages()).toEqual(['event 0 is rubbish', 'event 1 is rubbish', 'event 2 is rubbish', 'something else'])
  vi.advanceTimersByTime(60_000)
  expect(parsed()).toMatchObject([{ level: 40, msg: 'event # is rubbish (997 more in the last minute)', lines: 997 }])
  logger.warn('event 7 is rubbish')
  expect(messages()).toEqual(['event 7 is rubbish'])
  vi.advanceTimersByTime(120_000)
  expect(messages()).toEqual([])
})

test('the limit is shared by child loggers, holds for messages of any text, and not below info', () => {
  for (let number = 0; number < 10; number++) logger.child({ part: number }).error(new Error('broken'))
  for (let number = 0; number < 10; number++) logger.debug('detail')
  const text = (number: number): string => number.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
  for (let number = 0; number < 5_000; number++) logger.info(`message ${text(number)}`)
  const written = messages()
  expect(written.filter((msg) => msg === 'broken')).toHaveLength(3)
  expect(written.filter((msg) => msg === 'detail')).toHaveLength(10)
  expect(written.length).toBeLessThan(300)
})

test('many lines about one failure hide neither another failure nor the last words of a process', () => {
  for (let number = 0; number < 10; number++)
    logger.error({ err: new Error(`no answer in ${number} ms`) }, 'a read failed')
  logger.error({ err: new Error('the disk is full') }, 'a read failed')
  for (let number = 0; number < 5; number++) logger.fatal('the process keeps crashing')
  expect(parsed().map(({ msg, err }) => err?.message ?? msg)).toEqual([
    ...[0, 1, 2].map((number) => `no answer in ${number} ms`),
    'the disk is full',
    ...Array.from({ length: 5 }, () => 'the process keeps crashing'),
  ])
  vi.advanceTimersByTime(60_000)
  expect(messages()).toEqual(['a read failed: no answer in # ms (7 more in the last minute)'])
})

test('a text from outside is cut, and has no control characters', () => {
  const text = `a\r\n\u001B[31mb\u2028${'c'.repeat(1_000_000)}`
  logger.warn({ text, err: new Error(text, { cause: new Error(text) }), count: 7 }, text)
  const [line] = lines
  expect(line!.length).toBeLessThan(12_000)
  const { msg, err, ...fields } = JSON.parse(line!) as Line
  for (const one of [msg, err!.message, (fields as unknown as { text: string }).text]) {
    expect(one).toMatch(/^a \[31mb c+… \(\d+ characters\)$/)
  }
  expect(err!.stack).toMatch(/^\s+at .*logger\.test\.ts/)
  expect(fields).toMatchObject({ count: 7 })
})
