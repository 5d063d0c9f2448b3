import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { letterOfEvent, letterOfInput, type DeadLetter } from '../schema/dead-letters.ts'
import { LetterFile, letterFile } from '../schema/outbox/letter-file.ts'
import { POSTS } from '../schema/streams.ts'
import { filesWith } from '../schema/testing/stored-bytes.ts'
import { awaitScorerLetters, deleteWaitingInput } from './waiting-letters.ts'

let dataDir: string

beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'gravitas-letters-'))))
afterEach(() => rmSync(dataDir, { recursive: true }))

const input = (position: number, text: string): DeadLetter =>
  letterOfInput('ingest', { origin: 'a', position, reason: 'not JSON', data: Buffer.from(text), headers: {} })

test('rejected input about an erased post is deleted from the file in which it waits', async () => {
  expect(await deleteWaitingInput(dataDir, new Set(['1abcde']), 0)).toBe(0)
  using file = new LetterFile(letterFile(dataDir, 'ingest'))
  const others = Array.from({ length: 1_500 }, (_, n) => input(n, `{"id":"2abcd${n}","title":"kept"}`))
  file.add([...others, input(2_000, '{"id":"1abcde","title":"a secret text"}'), input(2_001, '{"id":"t3_1abcde", cut')])
  expect(await deleteWaitingInput(dataDir, new Set(['1abcde']), 0)).toBe(2)
  expect(file.count()).toBe(1_500)
  expect(filesWith(dataDir, 'secret')).toEqual([])
  expect(filesWith(dataDir, 'kept')).not.toEqual([])
})

test('an erasure waits until the scorer has sent or dropped the letter of an erased event', async () => {
  using file = new LetterFile(letterFile(dataDir, 'scorer'))
  const letter = letterOfEvent('scorer', { stream: POSTS, sequence: 7, subject: '', reason: '', digest: '' })
  file.add([letter])
  const messages = new Map([[POSTS, new Set([7])]])
  let isOver = false
  const waiting = awaitScorerLetters(dataDir, { messages }, 60_000).then(() => (isOver = true))
  await awaitScorerLetters(dataDir, { messages: new Map([[POSTS, new Set([8])]]) }, 60_000)
  await awaitScorerLetters(dataDir, { messages }, 1)
  expect(isOver).toBe(false)
  file.remove([letter])
  await waiting
})
