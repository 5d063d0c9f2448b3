import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BUCKETS, FEATURES_VERSION, listFeatures, MAX_FEATURES } from './features.ts'
import { loadScoringModel } from './load-model.ts'
import type { ScoringModel } from './scoring-model.ts'
import { toOnnxFile, type GraphNode } from '../../ml/onnx-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravitas-hashed-'))
})
afterEach(() => rm(folder, { recursive: true }))

const WEIGHTS = 64
/** A factor of the weights, so large that the bend has a visible effect. */
const SIZE = 6

/** Sums one of 64 weights for each feature, and bends the sum by `bend`. */
async function load(bend: string, scale = 'scale'): Promise<ScoringModel> {
  const node = (op: string, inputs: string, output: string): GraphNode => ({ op, inputs: inputs.split(' '), output })
  const float = (name: string, ...values: number[]) => ({
    name,
    dims: [values.length],
    data: new Float32Array(values),
  })
  const graph = toOnnxFile({
    nodes: [
      { ...node('Cast', 'features', 'wide'), attributes: { to: 7 } },
      node('Mod', 'wide size', 'places'),
      node('Gather', 'weights places', 'terms'),
      node('CumSum', 'terms axis', 'running'),
      node('Gather', 'running ends', 'after'),
      node('Gather', 'running starts', 'before'),
      node('Sub', 'after before', 'sum'),
      node('Mul', `sum ${scale}`, 'scaled'),
      node(bend, 'scaled', 'bent'),
      node('Add', 'bent bias', 'logit'),
      node('Sigmoid', 'logit', 'seriousness'),
    ],
    constants: [
      float('weights', ...Array.from({ length: WEIGHTS }, (_, at) => Math.sin(at) * SIZE)),
      float('bias', -0.4),
      { name: 'size', dims: [1], data: new BigInt64Array([BigInt(WEIGHTS)]) },
      { name: 'axis', dims: [], data: new BigInt64Array([0n]) },
    ],
    inputs: [
      { name: 'features', type: 'int32', dims: ['features'] },
      { name: 'starts', type: 'int32', dims: ['posts'] },
      { name: 'ends', type: 'int32', dims: ['posts'] },
      { name: scale, type: 'float32', dims: ['posts'] },
    ],
    outputs: [{ name: 'seriousness', type: 'float32', dims: ['posts'] }],
  })
  const sha256 = createHash('sha256').update(graph).digest('hex')
  const features = { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES }
  await writeFile(join(folder, 'model.onnx'), graph)
  await writeFile(join(folder, 'model.json'), JSON.stringify({ name: 'bent-1', sha256, features }))
  return loadScoringModel(folder)
}

const post = { title: 'Why do rivers meander, and why do they not?' }
const toLogit = (p: number): number => Math.log(p / (1 - p))

test('a linear graph is explained by its own terms', async () => {
  const { base, contributions } = await (await load('Identity')).explain(post)
  expect(base).toBeCloseTo(-0.4, 4)
  const features = listFeatures(post)
  const why = features.filter(({ name }) => name === 'why')
  const expected = (why.length * Math.sin(why[0]!.index % WEIGHTS) * SIZE) / Math.sqrt(features.length)
  expect(contributions.find(({ feature }) => feature === 'why')!.logit).toBeCloseTo(expected, 3)
  expect(contributions.filter(({ feature }) => feature.startsWith('rest: '))).toEqual([])
})

test('a graph that is not linear is explained by leaving features out, and the rest is named', async () => {
  const { seriousness, base, contributions } = await (await load('Tanh')).explain(post)
  expect(base).toBeCloseTo(-0.4, 4)
  const rest = contributions.find(({ feature }) => feature.startsWith('rest: '))
  expect(Math.abs(rest!.logit)).toBeGreaterThan(0.05)
  const sum = contributions.reduce((sum, { logit }) => sum + logit, base)
  expect(sum).toBeCloseTo(toLogit(seriousness), 2)
})

test('a graph with other inputs is refused before it scores', async () => {
  await expect(load('Identity', 'factor')).rejects.toThrow(/takes features, starts, ends, factor.*npm run train/)
})
