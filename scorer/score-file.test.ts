import { link, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Model } from './model.ts'
import { scoreFile } from './score-file.ts'

let model: Model
let folder: string
const said: string[] = []
const progress = { write: (text: string) => said.push(text) }
beforeAll(async () => {
  model = await Model.load('ml/model')
  folder = await mkdtemp(join(tmpdir(), 'gravitas-score-'))
})
afterAll(() => rm(folder, { recursive: true }))

const posts = Array.from({ length: 2_500 }, (_, index) => ({
  id: index.toString(36),
  title: index % 2 === 0 ? `What does source ${index} say about inflation?` : `lol look at this ${index}`,
  selftext: index % 3 === 0 ? 'A longer text, with reasons.' : null,
}))
const ndjson = posts.map((post) => JSON.stringify(post)).join('\n')

async function score(content: string | Uint8Array): Promise<{ id: string; seriousness: number }[]> {
  const [input, output] = [join(folder, 'in'), join(folder, 'out')]
  await writeFile(input, content)
  await scoreFile({ model, input, output, progress })
  const lines = (await readFile(output, 'utf8')).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as { id: string; seriousness: number })
}

describe('scoring a file', () => {
  it('gives each post the score of the live path, in the order of the file, in all three encodings', async () => {
    const seriousness = await model.score(posts)
    const expected = posts.map(({ id }, index) => ({ id, seriousness: seriousness[index] }))
    expect(await score(ndjson)).toEqual(expected)
    expect(await score(gzipSync(`${ndjson}\n`))).toEqual(expected)
    expect(await score(zstdCompressSync(ndjson))).toEqual(expected)
  })

  it('passes over lines that are no posts and says which', async () => {
    const scores = await score('\uFEFF{"id":"a","title":"x"}\n{"id":"b"}\r\n\r\nnonsense\n[1]\n{"id":"c","title":""}')
    expect(scores.map(({ id }) => id)).toEqual(['a', 'c'])
    const text = said.join('')
    for (const part of ['in, line 2: "title" has to be', 'line 4: not JSON', 'line 5: ', '3 broken lines'])
      expect(text).toContain(part)
  })

  it('keeps what came before the end of a cut-off archive and says how far it came', async () => {
    const whole = gzipSync(ndjson)
    await expect(score(whole.subarray(0, whole.length - 2_000))).rejects.toThrow(/cut off, after line \d+/)
    const lines = (await readFile(join(folder, 'out'), 'utf8')).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(100)
    expect(JSON.parse(lines.at(-1)!)).toHaveProperty('seriousness')
  })

  it('refuses to write over what it reads, whatever the paths look like', async () => {
    await writeFile(join(folder, 'precious'), ndjson)
    await symlink(join(folder, 'precious'), join(folder, 'symlink'))
    await link(join(folder, 'precious'), join(folder, 'hardlink'))
    const input = join(folder, 'precious')
    for (const output of [input, `${folder}/./precious`, join(folder, 'symlink'), join(folder, 'hardlink')])
      await expect(scoreFile({ model, input, output, progress })).rejects.toThrow('are the same file')
    expect(await readFile(input, 'utf8')).toBe(ndjson)
  })

  it('names files that cannot be read or written', async () => {
    const run = (input: string, output: string) => scoreFile({ model, input, output, progress })
    await expect(run(join(folder, 'missing'), join(folder, 'out'))).rejects.toThrow('Cannot read')
    await expect(run(join(folder, 'in'), join(folder, 'no', 'out'))).rejects.toThrow('Cannot write')
    await expect(run(folder, join(folder, 'out'))).rejects.toThrow('is a folder')
  })
})
