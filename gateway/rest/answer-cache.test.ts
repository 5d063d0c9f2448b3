import { expect, test } from 'vitest'
import { AnswerCache } from './answer-cache.ts'
import { JsonAnswer } from '../http/json-answer.ts'

const answer = new JsonAnswer(200, { a: 1 })

test('an answer that is requested again and again is kept while others come and go', () => {
  const cache = new AnswerCache()
  cache.set('1', 'hot', answer)
  for (let index = 0; index < 3_000; index++) {
    cache.set('1', `cold ${index}`, answer)
    expect(cache.get('1', 'hot')).toBe(answer)
  }
  expect(cache.get('1', 'cold 0')).toBeUndefined()
  expect(cache.get('1', 'cold 2999')).toBe(answer)
})

test('the cache is limited in bytes, and an answer that is too large is not kept', () => {
  const cache = new AnswerCache()
  const large = new JsonAnswer(200, { text: 'x'.repeat(10_000_000) })
  for (const key of ['a', 'b', 'c', 'd']) cache.set('1', key, large)
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get('1', key) !== undefined)).toEqual([false, true, true, true])
  cache.set('1', 'larger', new JsonAnswer(200, { text: 'x'.repeat(40_000_000) }))
  expect(cache.get('1', 'larger')).toBeUndefined()
  expect(cache.get('1', 'd')).toBe(large)
})

test('answers of another version are forgotten', () => {
  const cache = new AnswerCache()
  cache.set('1', 'a', answer)
  expect(cache.get('2', 'a')).toBeUndefined()
  expect(cache.get('1', 'a')).toBeUndefined()
  cache.set('2', 'b', answer)
  cache.set('3', 'c', answer)
  expect(cache.get('3', 'b')).toBeUndefined()
})
