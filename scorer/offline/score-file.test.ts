import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { toPostEvent } from '../../ingest/to-post-event.ts'
import { loadScoringModel } from '../models/load-model.ts'
import type { ScoringModel } from '../models/scoring-model.ts'
import { scoreFile } from './score-file.ts'

let model: ScoringModel
let folder: string
const said: string[] = []
const progress = { write: (text: string) => said.push(text) }
beforeAll(async () => {
  model = await loadScoringModel('ml/model')
  folder = await mkdtemp(join(tmpdir(), 'gravitas-score-'))
})
afterAll(() => rm(folder, { recursive: true }))

const posts = Array.from({ length: 2_500 }, (_, index) => ({
  id: index.toString(36),
  title: index % 2 === 0 ? `What does source ${index} say about inflation?` : `lol look at this ${index}`,
  selftext: index % 3 === 0 ? 'A longer text, with reasons.' : null,
}))
const ndjson = posts.map((post) => JSON.stringify(post)).join('\n')

beforeEach(() => void said.splice(0))

/** The scoring model, changed so that it fails on some posts. */
const failingOn = (fails: (title: string) => boolean): ScoringModel => ({
  name: model.name,
  explain: (post) => model.explain(post),
  score: async (posts) => {
    if (posts.filter(({ title }) => fails(title)).length > 0) throw new Error('no memory')
    return model.score(posts)
  },
})

async function score(
  content: string | Uint8Array,
  by: ScoringModel = model,
): Promise<{ id: string; seriousness: number }[]> {
  const [input, output] = [join(folder, 'in'), join(folder, 'out')]
  await writeFile(input, content)
  await scoreFile({ model: by, input, output, progress })
  const lines = (await readFile(output, 'utf8')).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as { id: string; seriousness: number })
}

describe('scoring a file', () => {
  it('gives each post the same score as the live scorer, in the order of the file, in all three encodings', async () => {
    const seriousness = await model.score(posts)
    const expected = posts.map(({ id }, index) => ({ id, seriousness: seriousness[index] }))
    expect(await score(ndjson)).toEqual(expected)
    expect(await score(gzipSync(`${ndjson}\n`))).toEqual(expected)
    expect(await score(zstdCompressSync(ndjson))).toEqual(expected)
  })

  it('skips and names lines that are not posts', async () => {
    const scores = await score('\uFEFF{"id":"a","title":"x"}\n{"id":"b"}\r\n\r\nnonsense\n[1]\n{"id":"c","title":""}')
    expect(scores.map(({ id }) => id)).toEqual(['a', 'c'])
    const messages = said.join('')
    for (const part of ['in, line 2: "title" has to be', 'line 4: not JSON', 'line 5: ', '3 broken lines'])
      expect(messages).toContain(part)
  })

  it('keeps the scores before the end of an archive that was cut off, and names the last line', async () => {
    const whole = gzipSync(ndjson)
    await expect(score(whole.subarray(0, whole.length - 2_000))).rejects.toThrow(
      /is truncated. It was read and scored up to line \d+/,
    )
    expect(said.join('')).toContain(`The scores so far are in ${join(folder, 'out')}.incomplete`)
    const lines = (await readFile(join(folder, 'out.incomplete'), 'utf8')).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(100)
    expect(JSON.parse(lines.at(-1)!)).toHaveProperty('seriousness')
  })

  it('does not change ids, whatever they are', async () => {
    const lines = ['{"id":"t3_ABC","title":""}', '{"name":"t3_d","title":""}', '{"id":12,"title":""}']
    const scores = await score([...lines, '{"id":12345678901234567890,"title":""}', '{"title":""}'].join('\n'))
    expect(scores.map(({ id }) => id)).toEqual(['t3_ABC', 't3_d', 12])
  })

  it('scores a long title like the live scorer, for which ingest cuts the title', async () => {
    const title = 'Why? '.repeat(300)
    const scores = await score(JSON.stringify({ id: 'a', title }))
    const event = toPostEvent({ id: 'a', subreddit: 'ask', created_utc: 1_764_000_000, title }, 'dump', Date.now())
    expect(event.title).not.toBe(title)
    expect(scores.map(({ seriousness }) => seriousness)).toEqual(await model.score([event]))
  })

  it('names posts that the scoring model cannot score, and scores their neighbours', async () => {
    const scores = await score(
      ndjson,
      failingOn((title) => title === posts[1_500]!.title),
    )
    expect(scores.map(({ id }) => id)).toEqual(posts.map(({ id }) => id).toSpliced(1_500, 1))
    expect(said.join('')).toContain('in, line 1501: the scoring model cannot score it: no memory')
  })

  it('stops with an error when the scoring model no longer works, and keeps the scores before', async () => {
    let calls = 0
    const broken = failingOn(() => ++calls > 1_000)
    await expect(score(ndjson, broken)).rejects.toThrow(
      `The scoring model ${model.name} failed: no memory. in is scored and written up to line 1000.`,
    )
    const lines = (await readFile(join(folder, 'out.incomplete'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(
      posts.slice(0, 1_000).map(({ id }) => id),
    )
  })

  it('refuses to overwrite its input, also through another path to the same file', async () => {
    await writeFile(join(folder, 'precious'), ndjson)
    await symlink(join(folder, 'precious'), join(folder, 'symlink'))
    await link(join(folder, 'precious'), join(folder, 'hardlink'))
    const input = join(folder, 'precious')
    for (const output of [input, `${folder}/./precious`, join(folder, 'symlink'), join(folder, 'hardlink')])
      await expect(scoreFile({ model, input, output, progress })).rejects.toThrow('are the same file')
    expect(await readFile(input, 'utf8')).toBe(ndjson)
  })

  it('refuses a file of another kind, and changes no older output after a failure', async () => {
    const [input, output] = [join(folder, 'passwd'), join(folder, 'older')]
    await writeFile(input, 'root:x:0:0:root:/root:/bin/bash\n'.repeat(20))
    await writeFile(output, 'precious')
    await expect(scoreFile({ model, input, output, progress })).rejects.toThrow(
      'passwd is not a file of posts: its first 10 lines are not JSON objects. Nothing of it was used.',
    )
    await writeFile(input, gzipSync(ndjson).subarray(0, 10_000))
    await expect(scoreFile({ model, input, output, progress })).rejects.toThrow('is truncated')
    expect(await readFile(output, 'utf8')).toBe('precious')
    await writeFile(input, ndjson)
    await scoreFile({ model, input, output, progress })
    expect((await readFile(output, 'utf8')).split('\n')).toHaveLength(posts.length + 1)
    expect((await readdir(folder)).filter((name) => name.startsWith('older'))).toEqual(['older'])
  })

  it.each([
    ['plain', Buffer.from(`${ndjson}\n`)],
    ['zstd', zstdCompressSync(ndjson)],
  ])('ends when nobody reads its output, though its input (%s) stays open', async (_, content) => {
    const child = spawn(process.execPath, ['scorer/score.ts', '--in', '-', '--out', '-'], { stdio: 'pipe' })
    child.stdin.on('error', () => {})
    child.stdout.destroy()
    child.stdin.write(content)
    const [[code], messages] = await Promise.all([once(child, 'exit'), text(child.stderr)])
    expect(messages).toContain('Cannot write to standard output')
    expect(code).toBe(1)
  })

  it('names files that cannot be read or written', async () => {
    const run = (input: string, output: string) => scoreFile({ model, input, output, progress })
    await expect(run(join(folder, 'missing'), join(folder, 'out'))).rejects.toThrow('does not exist')
    await expect(run(join(folder, 'in'), join(folder, 'no', 'out'))).rejects.toThrow('Cannot write')
    await expect(run(folder, join(folder, 'out'))).rejects.toThrow('is a folder')
  })
})
