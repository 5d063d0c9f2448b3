import { expect, test } from 'vitest'
import { OperationalError } from '../../../schema/runtime/errors.ts'
import { BrokenLines, MAX_BROKEN_IN_A_ROW } from './broken-lines.ts'

interface Sent {
  readonly line: number
  readonly text: string
}

function open(hasPosts: boolean): { lines: BrokenLines; sent: Sent[]; add: (line: number, text?: string) => void } {
  const sent: Sent[] = []
  const lines = new BrokenLines('passwd', hasPosts, ({ data }, line) =>
    sent.push({ line, text: Buffer.from(data!).toString() }),
  )
  const add = (line: number, text = '{}'): void =>
    lines.add(line, { origin: 'a', position: line, reason: 'not JSON', data: Buffer.from(text), headers: {} })
  return { lines, sent, add }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

test('nothing of a file without posts goes to DEAD, and its end says what was expected', () => {
  const { lines, sent, add } = open(false)
  for (const line of numbers(30)) add(line, 'root:x:0:0')
  expect(() => lines.end()).toThrow(OperationalError)
  expect(() => lines.end()).toThrow(
    /^passwd: No line of it has a post\. Line 1: not JSON\. Each line has to be a JSON object .* Nothing was stored\.$/,
  )
  expect(sent).toEqual([])
})

test('the letters of broken lines before the first post are sent once it is found', () => {
  const { lines, sent, add } = open(false)
  add(1, 'one')
  add(2, 'two')
  expect([lines.isHolding, sent]).toEqual([true, []])
  lines.notePost()
  add(4, 'four')
  expect(sent.map(({ line, text }) => `${line} ${text}`)).toEqual(['1 one', '2 two', '4 four'])
  expect(lines.isHolding).toBe(false)
  lines.end()
})

test('letters that are held back keep their data only up to some megabytes', () => {
  const { lines, sent, add } = open(false)
  for (const line of numbers(50)) add(line, 'x'.repeat(800_000))
  lines.notePost()
  const lengths = sent.map(({ text }) => text.length)
  expect([lengths.length, lengths.filter((length) => length === 800_000).length]).toEqual([50, 20])
})

test.each([
  [true, /up to line 1,500\. Line 501: not JSON\. .* They go to DEAD/],
  [false, /up to line 1,500\. Line 501: not JSON\. .* Nothing was stored\./],
])('too many broken lines in a row end the import, other ones do not', (hasPosts, what) => {
  const { lines, sent, add } = open(hasPosts)
  if (hasPosts)
    for (const line of numbers(500)) {
      add(line)
      lines.notePost()
    }
  for (const line of numbers(MAX_BROKEN_IN_A_ROW - 1)) add(500 + line)
  expect(() => add(1_500)).toThrow(what)
  expect(sent).toHaveLength(hasPosts ? 1_500 : 0)
})

test('lines of an earlier run count as posts', () => {
  const { lines, sent, add } = open(true)
  add(7)
  lines.end()
  expect(sent).toHaveLength(1)
})
