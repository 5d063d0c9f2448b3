import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { openModel } from './open-model.ts'
import type { ScoringModel } from './scoring-model.ts'
import { TOKENS, wordPieceTokenizer, writeTinyTransformer, type TinyTransformer } from '../testing/tiny-transformer.ts'

const run = promisify(execFile)
let folder: string
let made = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-transformer-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(options: TinyTransformer = {}): Promise<string> {
  const path = join(folder, `my model ${++made}`)
  await writeTinyTransformer(path, options)
  return path
}
const open = (path: string): Promise<ScoringModel> => openModel(path, { threads: 1, guard: (step) => step() })
const load = async (options: TinyTransformer = {}): Promise<ScoringModel> => open(await write(options))

const QUESTION = { title: 'Why does inflation matter?', selftext: 'Explain the evidence' }
const JOKE = { title: 'lol pizza cat!!!' }
const words = fc.constantFrom('why', 'Does', 'the', 'lol', 'PIZZA', 'x1', '!', '🎉', 'naïve', '漢字', '\n')
const posts = fc.array(
  fc.record({
    title: fc.oneof(
      fc.array(words, { maxLength: 40 }).map((all) => all.join(' ')),
      fc.string({ unit: 'binary' }),
    ),
    selftext: fc.option(fc.array(words, { maxLength: 20 }).map((all) => all.join(' '))),
  }),
  { minLength: 1, maxLength: 20 },
)

describe('a transformer of the user', () => {
  it('scores a question as serious and a joke as banter', async () => {
    const model = await load()
    expect(model.name).toBe('tiny-1')
    const [question, joke] = await model.score([QUESTION, JOKE])
    expect(question).toBeGreaterThan(0.6)
    expect(joke).toBeLessThan(0.4)
    expect(await model.score([])).toEqual([])
  })

  it.each([
    ['with all inputs', {}],
    ['without a mask', { inputs: ['input_ids'] }],
    ['of a fixed shape', { dims: [1, 32] as const }],
    ['whose texts change each other', { isSwayed: true }],
    ['that pads on the left', { tokenizer: { ...wordPieceTokenizer(), padding: { direction: 'Left', pad_id: 0 } } }],
  ])('gives a post the same score alone and in a batch: %s', async (_, options) => {
    const model = await load(options)
    await fc.assert(
      fc.asyncProperty(posts, async (posts) => {
        const together = await model.score(posts)
        const alone = (await Promise.all(posts.map((post) => model.score([post])))).flat()
        expect(together).toHaveLength(posts.length)
        for (const [at, score] of together.entries()) {
          expect(Math.abs(score - alone[at]!)).toBeLessThan(0.000_11)
          expect(score >= 0 && score <= 1 && Math.round(score * 1e4) / 1e4 === score).toBe(true)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('reads the title and then the text, up to its maximum length, and no removed text', async () => {
    const model = await load()
    const [title, joined, removed] = await model.score([
      { title: 'why', selftext: 'lol' },
      { title: 'why lol' },
      { title: 'why', selftext: '[removed]' },
    ])
    expect(title).toBe(joined)
    expect([removed]).toEqual(await model.score([{ title: 'why' }]))
    const long = 'the '.repeat(30)
    expect(await model.score([{ title: `${long} why` }])).toEqual(await model.score([{ title: `${long} lol` }]))
  })

  it.each([
    ['int32 inputs', { inputType: 'int32' }],
    ['places', { inputs: ['input_ids', 'attention_mask', 'position_ids'] }],
    ['no segments', { inputs: ['input_ids', 'attention_mask'] }],
    ['an output of another name', { outputName: 'scores' }],
    ['one class', { classes: 1 }],
    ['three classes', { classes: 3, manifest: { serious: 2 } }],
    ['a fixed number of tokens', { dims: ['batch', 16] }],
  ] as const)('takes a graph with %s', async (_, options) => {
    const [question, joke] = await (await load(options)).score([QUESTION, JOKE])
    expect(question! - joke!).toBeGreaterThan(0.2)
  })

  it('explains the effect of each word, and of all words together', async () => {
    const model = await load()
    const post = { title: 'Why does PIZZA explain pizza?', selftext: 'lol' }
    const { seriousness, base, contributions } = await model.explain(post)
    expect([seriousness]).toEqual(await model.score([post]))
    const push = (feature: string): number => contributions.find((one) => one.feature === feature)!.logit
    for (const word of ['why', 'does', 'explain']) expect(push(word)).toBeGreaterThan(0.1)
    for (const word of ['pizza', 'lol']) expect(push(word)).toBeLessThan(-0.1)
    const toLogit = (p: number): number => Math.log(p / (1 - p))
    const [empty, without] = await model.score([{ title: '' }, { title: 'Why does  explain ?', selftext: 'lol' }])
    expect(base).toBeCloseTo(toLogit(empty!), 2)
    expect(push('pizza')).toBeCloseTo(toLogit(seriousness) - toLogit(without!), 2)
    expect(contributions.reduce((sum, { logit }) => sum + logit, base)).toBeCloseTo(toLogit(seriousness), 3)
  })

  it('stops an explanation when its client has left', async () => {
    // This graph takes one text a call, so an explanation needs many calls.
    const model = await load({ dims: [1, 32] })
    const leaving = new AbortController()
    const explaining = model.explain(QUESTION, leaving.signal)
    leaving.abort(new Error('nobody waits'))
    await expect(explaining).rejects.toThrow('nobody waits')
  })

  it('is scored offline and explained on the command line', async () => {
    const path = await write()
    const env = { ...process.env, MODEL_DIR: path }
    const [input, output] = [join(folder, 'posts.ndjson'), join(folder, 'scores.ndjson')]
    await writeFile(input, [QUESTION, JOKE].map((post, id) => JSON.stringify({ id: `t3_${id}`, ...post })).join('\n'))
    await run(process.execPath, ['scorer/score.ts', '--in', input, '--out', output], { env })
    const scores = (await readFile(output, 'utf8')).trimEnd().split('\n')
    const [question, joke] = await (await open(path)).score([QUESTION, JOKE])
    expect(scores.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 't3_0', seriousness: question },
      { id: 't3_1', seriousness: joke },
    ])
    const { stdout } = await run(process.execPath, ['scorer/explain.ts', JOKE.title, '--json'], { env })
    expect(JSON.parse(stdout)).toMatchObject({ model: 'tiny-1', seriousness: joke })
    const drawn = await run(process.execPath, ['scorer/explain.ts', JOKE.title], { env })
    expect(drawn.stdout).toContain(`${joke!.toFixed(4)}  by tiny-1`)
    expect(drawn.stdout).toMatch(/^ *[+−]\d+\.\d\d {2}.*[█│].* {2}\S/m)
  }, 60_000)
})

describe('a folder with wrong files is refused, with what to do', () => {
  /** The reason of the refusal. */
  async function refusal(path: string): Promise<string> {
    const error: unknown = await open(path).catch((error: unknown) => error)
    if (error instanceof OperationalError) return error.message
    throw new Error('not refused', { cause: error })
  }

  it('without model.json the refusal shows what to write, and that works', async () => {
    const path = await write()
    await rm(join(path, 'model.json'))
    const message = await refusal(path)
    expect(message).toContain('model.json is missing')
    const proposed = message.slice(message.indexOf('{'))
    expect(JSON.parse(proposed)).toMatchObject({ name: expect.stringMatching(/^my-model-\d+$/), files: {} })
    await writeFile(join(path, 'model.json'), proposed)
    expect(await (await open(path)).score([JOKE])).toHaveLength(1)
  })

  it('when a file has another checksum than model.json says', async () => {
    const sha256 = '1'.repeat(64)
    expect(await refusal(await write({ manifest: { sha256 } }))).toMatch(
      /model\.onnx is not the file that model\.json describes/,
    )
    expect(await refusal(await write({ manifest: { files: { 'tokenizer.json': sha256 } } }))).toMatch(
      /tokenizer\.json is not the file/,
    )
    expect(await refusal(await write({ manifest: { files: { 'vocab.txt': sha256 } } }))).toMatch(
      /Cannot read .*vocab\.txt/,
    )
  })

  it('when tokenizer.json is missing, or model.onnx is not a graph', async () => {
    const path = await write()
    await rm(join(path, 'tokenizer.json'))
    expect(await refusal(path)).toMatch(/Cannot read .*tokenizer\.json/)
    const other = await write()
    await appendFile(join(other, 'model.onnx'), 'x')
    await rm(join(other, 'model.json'))
    const message = await refusal(other)
    await writeFile(join(other, 'model.json'), message.slice(message.indexOf('{')))
    expect(await refusal(other)).toMatch(/model\.onnx cannot be loaded/)
  })

  it.each([
    [
      'another input',
      { inputs: ['input_ids', 'pixel_values'] },
      /an input that this program does not know: pixel_values/,
    ],
    ['float16 values', { outputType: 'float16' }, /gives logits as float16/],
    ['values for each token', { isPooled: false }, /values of the shape \[2, 32, 8\].*must be a text classifier/],
    ['a fixed batch', { dims: [4, 'tokens'] }, /exactly 4 posts at a time/],
    ['fewer positions than tokens', { manifest: { maxLength: 64 } }, /64 tokens[^]*"maxLength" into model\.json/],
    ['classes without names', { config: { id2label: { 0: 'A', 1: 'B' } } }, /"serious": "LABEL".*0 A, 1 B/],
    ['an invalid name', { manifest: { name: 'My Model' } }, /\/name/],
  ] as const)('when the graph or its description has %s', async (_, options, message) => {
    expect(await refusal(await write(options))).toMatch(message)
  })

  it('when the tokenizer knows more tokens than the graph', async () => {
    const tokenizer = wordPieceTokenizer() as { model: { vocab: Record<string, number> } }
    tokenizer.model.vocab['unheard'] = TOKENS.length
    expect(await refusal(await write({ tokenizer }))).toMatch(
      /fails on the tokens of tokenizer\.json.*ids up to \d+.*tokenizer must belong to it/,
    )
  })
})
