import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { MODEL_NAME_PATTERN } from '../schema/events.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { SERIOUSNESS_SCALE } from '../schema/seriousness.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES, writeFeatures, type NamedFeature, type TextPost } from './features.ts'

const ModelManifest = Type.Object({
  name: Type.String({ pattern: MODEL_NAME_PATTERN }),
  version: Type.Integer({ minimum: 1 }),
  /** SHA-256 of model.onnx, in hex. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  features: Type.Object({ version: Type.Integer(), buckets: Type.Integer(), maxFeatures: Type.Integer() }),
})
type ModelManifest = Static<typeof ModelManifest>
const manifestValidator = Compile(ModelManifest)

/** A trained model: posts in, seriousness from 0 to 1 with four decimals out. */
export class Model {
  readonly name: string
  readonly #session: InferenceSession

  private constructor(name: string, session: InferenceSession) {
    this.name = name
    this.#session = session
  }

  /**
   * Loads `model.onnx` and `model.json` of a folder and checks that they belong together and to this program.
   * @throws OperationalError saying which file is wrong and why
   */
  static async load(folder: string): Promise<Model> {
    const manifest = await readManifest(join(folder, 'model.json'))
    const graph = await readModelFile(join(folder, 'model.onnx'))
    const sha256 = createHash('sha256').update(graph).digest('hex')
    if (sha256 !== manifest.sha256) {
      throw new OperationalError(
        `${join(folder, 'model.onnx')} is not the file that model.json describes (SHA-256 ${sha256}, expected ${manifest.sha256}). Restore both, or train again.`,
      )
    }
    const wanted = { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES }
    if (JSON.stringify(wanted) !== JSON.stringify(manifest.features)) {
      throw new OperationalError(
        `The model in ${folder} was trained with other features (${JSON.stringify(manifest.features)}, this program makes ${JSON.stringify(wanted)}). Train again with npm run train.`,
      )
    }
    try {
      // One thread: a batch is small, and cores are better used by more scorers.
      const session = await InferenceSession.create(graph, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      })
      return new Model(manifest.name, session)
    } catch (cause) {
      throw new OperationalError(`${join(folder, 'model.onnx')} cannot be loaded: ${(cause as Error).message}`, {
        cause,
      })
    }
  }

  /** Scores a batch in one inference call. The result for a post does not depend on its company. */
  async score(posts: readonly TextPost[]): Promise<number[]> {
    if (posts.length === 0) return []
    const indices = new Int32Array(posts.length * MAX_FEATURES)
    const scale = new Float32Array(posts.length)
    for (const [row, post] of posts.entries()) {
      const count = writeFeatures(post, indices.subarray(row * MAX_FEATURES, (row + 1) * MAX_FEATURES))
      scale[row] = toScale(count)
    }
    const seriousness = await this.#infer(indices, scale)
    return Array.from(seriousness, (value) => Math.round(value * SERIOUSNESS_SCALE) / SERIOUSNESS_SCALE)
  }

  /**
   * What each feature of a post adds to its log-odds, in the order of `listFeatures`, and the log-odds without any.
   * The graph itself is asked, once for each feature alone: the model is linear, so these add up to the post's log-odds.
   */
  async explain(features: readonly NamedFeature[]): Promise<{ base: number; logits: number[] }> {
    const indices = new Int32Array((features.length + 1) * MAX_FEATURES)
    for (const [at, { index }] of features.entries()) indices[(at + 1) * MAX_FEATURES] = index
    const scale = new Float32Array(features.length + 1).fill(toScale(features.length))
    const [base, ...alone] = Array.from(await this.#infer(indices, scale), (p) => Math.log(p / (1 - p)))
    return { base: base!, logits: alone.map((logit) => logit - base!) }
  }

  async #infer(indices: Int32Array, scale: Float32Array): Promise<Float32Array> {
    const output = await this.#session.run({
      indices: new Tensor('int32', indices, [scale.length, MAX_FEATURES]),
      scale: new Tensor('float32', scale, [scale.length]),
    })
    return output['seriousness']!.data as Float32Array
  }
}

/** Longer posts must not be surer only because they are longer. */
export const toScale = (features: number): number => Math.fround(1 / Math.sqrt(Math.max(1, features)))

async function readManifest(file: string): Promise<ModelManifest> {
  const text = String(await readModelFile(file))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new OperationalError(`${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
  if (manifestValidator.Check(json)) return json
  const [problem] = manifestValidator.Errors(json)
  throw new OperationalError(`${file}: ${problem?.instancePath ?? ''} ${problem?.message ?? 'invalid'}`)
}

async function readModelFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new OperationalError(
      `Cannot read ${file}. Set MODEL_DIR to a folder with model.onnx and model.json, or run npm run train.`,
      { cause },
    )
  }
}
