import { expect, test } from 'vitest'
import { requirePosts } from './require-posts.ts'

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < text.length; start += size) yield Buffer.from(text.slice(start, start + size))
}

async function read(text: string, size = 7): Promise<string> {
  let all = ''
  for await (const chunk of requirePosts(inPieces(text, size))) all += String(chunk)
  return all
}

const rubbish = 'root:x:0:0:root:/root:/bin/bash\n'

test.each([
  ['posts', '{"id":1}\n{"id":2}\n'],
  ['one post without a newline', '{"id":1}'],
  ['a byte order mark', '\uFEFF{"id":1}\n'],
  ['some damaged lines first', `${rubbish.repeat(9)}\n\n{"id":1}\n${rubbish.repeat(20)}`],
  ['nothing', ''],
  ['blank lines', '\r\n\n\n'],
])('passes on a file with %s, unchanged', async (_, text) => {
  for (const size of [1, 7, 100_000]) expect(await read(text, size)).toBe(text)
})

test.each([
  ['many lines of another format', rubbish.repeat(1_000)],
  ['one line of another format', 'secret'],
  ['lists and numbers', '[1]\n'.repeat(5) + '7\n'.repeat(5)],
  ['a JSON object too late', `${rubbish.repeat(10)}{"id":1}\n`],
])('passes on nothing of %s', async (_, text) => {
  const seen: Buffer[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of requirePosts(inPieces(text, 100))) seen.push(chunk)
  }
  await expect(reading()).rejects.toThrow('is not a file of posts')
  expect(seen).toEqual([])
})
