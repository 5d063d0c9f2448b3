import { expect, test } from 'vitest'
import { letterOfEvent, letterOfInput } from './dead-letters.ts'
import { LARGEST_MESSAGE_BYTES } from './runtime/check-server.ts'
import { digestOf } from './digest.ts'

const event = { stream: 'POSTS', sequence: 3, subject: 'posts.submitted.a', reason: 'not UTF-8 JSON' }
const input = { origin: 'dump-1', position: 3, reason: 'not JSON', headers: { 'Gravitas-Line': '3' } }

test('a letter has another id when its stream or file has other bytes at the same position', () => {
  const ofEvent = (text: string): string =>
    letterOfEvent('scorer', { ...event, digest: digestOf(Buffer.from(text)) }).messageId
  const ofInput = (text: string): string => letterOfInput('ingest', { ...input, data: Buffer.from(text) }).messageId
  expect(ofEvent('one')).toMatch(/^dead:scorer:POSTS:3:[0-9a-f]{64}$/)
  for (const idOf of [ofEvent, ofInput]) {
    expect(idOf('one')).toBe(idOf('one'))
    expect(idOf('one')).not.toBe(idOf('two'))
  }
})

test('longer input is cut, and a header says how long it was', () => {
  const data = Buffer.alloc(LARGEST_MESSAGE_BYTES + 1, 'x')
  const letter = letterOfInput('ingest', { ...input, data })
  expect(letter.data).toHaveLength(LARGEST_MESSAGE_BYTES)
  expect(letter.headers).toEqual({
    'Gravitas-Reason': 'not JSON',
    'Gravitas-Line': '3',
    'Gravitas-Truncated': '900001 bytes',
  })
  expect(letterOfInput('ingest', { ...input, data: data.subarray(1) }).headers).not.toHaveProperty('Gravitas-Truncated')
})

test('headers have one line and a limited length', () => {
  const { headers } = letterOfEvent('posts', { ...event, reason: `a\r\nb${'c'.repeat(1_000)}`, digest: '' })
  expect(headers['Gravitas-Reason']).toMatch(/^a bc{497}$/)
})
