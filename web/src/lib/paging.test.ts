import { expect, test } from 'vitest'
import { nextParams, previousParams, readPlace } from './paging.ts'

const at = (params: Record<string, string>) => readPlace(new URLSearchParams(params))

test('going back visits the same pages as going forward', () => {
  const addresses: Record<string, string>[] = [{}]
  for (const cursor of ['a', 'b', 'c', 'd']) addresses.push(nextParams(at(addresses.at(-1)!), cursor))
  expect(addresses.at(-1)).toEqual({ cursor: 'd', trail: 'a.b.c', page: '5' })
  for (let index = addresses.length - 1; index > 0; index--)
    expect(previousParams(at(addresses[index]!))).toEqual(addresses[index - 1])
  expect(previousParams(at({}))).toBeUndefined()
})

test('a trail that is cut because of its length leads back to the first page', () => {
  let params: Record<string, string> = {}
  for (let page = 2; page <= 100; page++) params = nextParams(at(params), `c${page}`)
  expect(at(params)).toMatchObject({ cursor: 'c100', page: 100 })
  for (let steps = 0; steps < 41; steps++) params = previousParams(at(params))!
  expect(params).toEqual({})
})

test('an address with invalid parameters still names a page', () => {
  expect(at({ cursor: 'x', page: 'nonsense' })).toEqual({ cursor: 'x', trail: [], page: 2 })
  expect(at({ page: '7' })).toEqual({ cursor: undefined, trail: [], page: 1 })
})
