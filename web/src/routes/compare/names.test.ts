import { expect, test } from 'vitest'
import { readNames, toCompareAddress } from './names.ts'

const read = (query: string): string[] => readNames(new URLSearchParams(query))

test('names are read from an address, from the form, and with r/ before them', () => {
  expect(read('names=AskScience,Jokes')).toEqual(['AskScience', 'Jokes'])
  expect(read('names=AskScience&names=&names=Jokes&names=')).toEqual(['AskScience', 'Jokes'])
  expect(read('names=r/AskScience, /r/Jokes')).toEqual(['AskScience', 'Jokes'])
  expect(read('')).toEqual([])
})

test('each name is compared once, and at most four are', () => {
  expect(read('names=a1,A1,b1,c1,d1,e1')).toEqual(['a1', 'b1', 'c1', 'd1'])
})

test('a written address reads back as the same names', () => {
  expect(toCompareAddress([])).toBe('/compare')
  const address = toCompareAddress(['AskScience', 'Jokes'])
  expect(address).toBe('/compare?names=AskScience,Jokes')
  expect(read(address.split('?')[1]!)).toEqual(['AskScience', 'Jokes'])
})
