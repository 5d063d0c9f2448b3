import { InferenceSession } from 'onnxruntime-node'
import { decodeEvent } from '../schema/decode-event.ts'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { MAX_FEATURES, toScale, writeFeatures } from '../scorer/models/features.ts'
import { Batch } from '../scorer/models/hashed-model.ts'
import { loadScoringModel } from '../scorer/models/load-model.ts'
import { benchPost } from './posts.ts'
import { seconds } from './raw.ts'
import type { Figure } from './report.ts'

const BATCH = 1_000
const BATCHES = 50

/** Measures scoring on one core (parse, features, inference), and the bare inference on inputs of the same shape. */
export async function benchScoring(): Promise<Figure[]> {
  const model = await loadScoringModel('ml/model')
  const encoded = Array.from({ length: BATCH }, (_, index) => {
    const post = benchPost(index)
    return { data: Buffer.from(encodeEvent(post)), subject: subjectOf(post) }
  })
  const score = async (): Promise<void> => {
    const posts = encoded.map(({ data, subject }) => decodeEvent(data, subject, Date.now()))
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
  const batch = new Batch(BATCH, BATCH * MAX_FEATURES)
  for (let index = 0; index < BATCH; index++) {
    const count = writeFeatures(benchPost(index), batch.room())
    batch.add(count, toScale(count))
  }
  const inputs = batch.toInputs()
  await session.run(inputs)
  const start = performance.now()
  for (let run = 0; run < BATCHES; run++) await session.run(inputs)
  return (BATCH * BATCHES) / seconds(start)
}
