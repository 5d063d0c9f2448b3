import { InferenceSession, Tensor } from 'onnxruntime-node'
import { decodeEvent, encodeEvent } from '../../schema/events.ts'
import { subjects } from '../../schema/subjects.ts'
import { MAX_FEATURES, writeFeatures } from '../../scorer/features.ts'
import { Model } from '../../scorer/model.ts'
import { benchPost } from '../posts.ts'
import { seconds } from '../raw.ts'
import type { Figure } from '../report.ts'

const BATCH = 1_000
const BATCHES = 50

/** Scoring alone on one core: parse, features, inference; beside it the bare inference on the same shapes. */
export async function benchScoring(): Promise<Figure[]> {
  const model = await Model.load('ml/model')
  const encoded = Array.from({ length: BATCH }, (_, index) => Buffer.from(encodeEvent(benchPost(index))))
  const score = async (): Promise<void> => {
    const posts = encoded.map((data) => decodeEvent(data, subjects.postSubmitted('bench'), Date.now()))
    await model.score(posts.flatMap((post) => (post.type === 'PostSubmitted' ? [post] : [])))
  }
  await score()
  const start = performance.now()
  for (let batch = 0; batch < BATCHES; batch++) await score()
  const measured = (BATCH * BATCHES) / seconds(start)
  const raw = { what: 'inference alone', measured: await rawInference() }
  return [{ what: 'scoring alone, one core', measured, unit: 'posts/s', budget: 30_000, better: 'higher', raw }]
}

async function rawInference(): Promise<number> {
  const session = await InferenceSession.create('ml/model/model.onnx', { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const rows = Array.from({ length: BATCH }, (_, index) => {
    const row = new Int32Array(MAX_FEATURES)
    return row.subarray(0, writeFeatures(benchPost(index), row))
  })
  const features = Int32Array.from([[0], ...rows].flatMap((row) => [...row]))
  const ends = Int32Array.from(rows, ({ length }) => length)
  for (let post = 1; post < BATCH; post++) ends[post]! += ends[post - 1]!
  const starts = ends.map((end, post) => end - rows[post]!.length)
  const inputs = {
    features: new Tensor('int32', features, [features.length]),
    starts: new Tensor('int32', starts, [BATCH]),
    ends: new Tensor('int32', ends, [BATCH]),
    scale: new Tensor('float32', new Float32Array(BATCH).fill(0.1), [BATCH]),
  }
  await session.run(inputs)
  const start = performance.now()
  for (let batch = 0; batch < BATCHES; batch++) await session.run(inputs)
  return (BATCH * BATCHES) / seconds(start)
}
