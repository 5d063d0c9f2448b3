import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadScoringModel } from '../scorer/models/load-model.ts'
import { readLabels } from './labels.ts'
import { fileSource } from './post-sources.ts'
import { readExamples } from './read-training-data.ts'

const run = promisify(execFile)
let folder: string
const at = (name: string): string => join(folder, name)
const train = (...args: string[]) => run(process.execPath, ['ml/train.ts', ...args], { timeout: 60_000 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-train-'))
  const posts = Array.from({ length: 400 }, (_, index) => ({
    id: (1_000 + index).toString(36),
    subreddit: `${index % 2 === 0 ? 'Grave' : 'funny'}${index % 8}`,
    title: index % 2 === 0 ? `What are the causes of effect ${index % 17}?` : `lol that face ${index % 13} !!!`,
    selftext: index % 3 === 0 ? 'with a text' : '',
  }))
  await writeFile(at('posts.ndjson'), `${posts.map((post) => JSON.stringify(post)).join('\n')}\nbroken\n{}\n`)
  const subreddits = [...new Set(posts.map(({ subreddit }) => subreddit))]
  const labels = subreddits.map((name) => `${name},${name.startsWith('Grave') ? 'serious' : 'unserious'}`)
  await writeFile(at('labels.csv'), `subreddit,label\n${labels.join('\n')}\n`)
  await writeFile(at('pairs.csv'), 'serious,unserious\nGrave0,funny1\n')
  await writeFile(at('by-post.csv'), `id,label\nt3_${posts[0]!.id},serious\n${posts[1]!.id},unserious\n`)
})
afterAll(() => rm(folder, { recursive: true }))

test('the same data gives the same files, and the scoring model has learnt the labels', async () => {
  const args = ['--posts', at('posts.ndjson'), '--labels', at('labels.csv'), '--pairs', at('pairs.csv')]
  for (const out of ['one', 'two']) {
    const { stdout } = await train(...args, '--date', '2026-01-01', '--out', at(out))
    expect(stdout).toContain('2 lines that are not posts')
  }
  for (const file of ['model.onnx', 'model.json'])
    expect(Buffer.compare(await readFile(at(`one/${file}`)), await readFile(at(`two/${file}`)))).toBe(0)
  const model = await loadScoringModel(at('one'))
  expect(model.name).toMatch(/^serious-[0-9a-f]{8}$/)
  const [grave, funny] = await model.score([{ title: 'What are the causes?' }, { title: 'lol that face' }])
  expect(grave).toBeGreaterThan(0.6)
  expect(funny).toBeLessThan(0.4)
}, 120_000)

test('arguments and labels that are missing or wrong are named', async () => {
  await expect(train()).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/'--labels <files...>' not/) })
  await expect(train('--labels', at('bad.csv'))).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^--posts or --from-stream is missing/),
  })
  await expect(train('--posts', 'x', '--labels', 'y', '--name', 'My Model')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/'My Model' is invalid. It must consist of small letters/),
  })
  await writeFile(at('bad.csv'), 'subreddit,label\nx,maybe\n')
  const posts = ['--posts', at('posts.ndjson')]
  await expect(train(...posts, '--labels', at('bad.csv'))).rejects.toMatchObject({
    stderr: expect.stringContaining('not "x,maybe"'),
  })
  await writeFile(at('other.csv'), 'subreddit,label\nelsewhere,serious\n')
  await expect(train(...posts, '--labels', at('other.csv'))).rejects.toMatchObject({
    stderr: expect.stringContaining('No post is labelled serious'),
  })
}, 60_000)

test('labels of single posts are used in addition to those of subreddits', async () => {
  const both = await readLabels([at('by-post.csv')])
  const examples = await readExamples([fileSource(at('posts.ndjson'))], both)
  // The first post has a text, so it is learnt twice.
  expect(examples.map(({ subreddit, serious }) => [subreddit, serious])).toEqual([
    ['grave0', true],
    ['grave0', true],
    ['funny1', false],
  ])
})

test('two scoring models are evaluated side by side, and the figures hold no text of a post', async () => {
  const data = ['--posts', at('posts.ndjson'), '--labels', at('labels.csv'), '--pairs', at('pairs.csv')]
  const args = ['--model', at('one'), '--model', 'ml/model', ...data, '--out', at('report')]
  const { stdout } = await run(process.execPath, ['ml/evaluate.ts', ...args], { timeout: 60_000 })
  expect(stdout).toMatch(/grave0 \/ funny1/)
  const json = await readFile(at('report/report.json'), 'utf8')
  const [own, shipped] = JSON.parse(json) as { posts: number; metrics: Record<string, number>; pairs: unknown[] }[]
  expect(own).toMatchObject({ posts: 400, pairs: [{ serious: 'grave0', parody: 'funny1' }] })
  // These are the posts that the scoring model was trained on, and all their words distinguish the classes.
  expect(own!.metrics['auc']).toBeGreaterThan(0.99)
  expect(shipped!.metrics['auc']).toBeLessThanOrEqual(1)
  const html = await readFile(at('report/report.html'), 'utf8')
  expect(html).toContain('What are the causes of effect')
  expect(json).not.toContain('What are the causes of effect')
  await expect(run(process.execPath, ['ml/evaluate.ts'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /'--model <folder>' not.*\n.*'--posts <files...>' not.*\n.*'--labels <files...>' not/,
    ),
  })
}, 60_000)
