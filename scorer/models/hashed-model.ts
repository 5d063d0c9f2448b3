import { Tensor, type InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { toExplanation, type Explanation } from './explanation.ts'
import {
  BUCKETS,
  FEATURES_VERSION,
  listFeatures,
  MAX_FEATURES,
  toScale,
  writeFeatures,
  type NamedFeature,
  type TextPost,
} from './features.ts'
import type { ScoringModel } from './scoring-model.ts'
import type { ModelManifest } from './model-manifest.ts'
import { openGraph } from './open-graph.ts'
import { toFourDecimals, toLogit } from './probability.ts'
import { toScoredText } from './scored-text.ts'

/**
 * A scoring model over the features of `features.ts`. Its graph takes the features of all posts in one row: `features` [a 0,
 * then all features], `starts` and `ends` [posts], the places before the first and at the last feature of each post, and
 * `scale` [posts]. The graph's running sums must be sums of whole numbers: with fractions, the score of a post would depend
 * on the other posts of its batch.
 */
export class HashedModel implements ScoringModel {
  readonly name: string
  readonly #session: InferenceSession

  private constructor(name: string, session: InferenceSession) {
    this.name = name
    this.#session = session
  }

  /** @throws OperationalError when the graph does not match its description, or was trained with other features */
  static async load(folder: string, manifest: ModelManifest): Promise<HashedModel> {
    const wanted = { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES }
    if (JSON.stringify(wanted) !== JSON.stringify(manifest.features)) {
      throw new OperationalError(
        `The scoring model in ${folder} was trained with other features (${JSON.stringify(manifest.features)}, this program makes ${JSON.stringify(wanted)}). Train again with npm run train.`,
      )
    }
    // One thread is enough for a batch: more scorers use further cores better.
    const session = await openGraph(folder, manifest, 1)
    if (session.inputNames.toSorted().join() !== INPUTS.toSorted().join())
      throw new OperationalError(
        `The graph in ${folder} takes ${session.inputNames.join(', ')}; this program gives ${INPUTS.join(', ')}. Train again with npm run train.`,
      )
    return new HashedModel(manifest.name, session)
  }

  /** Scores a batch in one inference call. The score of a post does not depend on the others of its batch. */
  async score(posts: readonly TextPost[]): Promise<number[]> {
    if (posts.length === 0) return []
    const batch = new Batch(posts.length, posts.length * MAX_FEATURES)
    for (const post of posts) {
      const count = writeFeatures(toScoredText(post), batch.room())
      batch.add(count, toScale(count))
    }
    return Array.from(await this.#infer(batch), toFourDecimals)
  }

  /**
   * Scores the post without any feature, with each feature alone, and with all of them. If the effects of the single
   * features add up to the whole, the graph is linear, and they are the explanation. If not, each feature is left out in
   * turn.
   */
  async explain(post: TextPost): Promise<Explanation> {
    const text = toScoredText(post)
    const features = listFeatures(text)
    const every = features.map(({ index }) => index)
    const names = nameByIndex(features)
    const parts = [...names.keys()]
    const alone = parts.map((part) => every.filter((index) => index === part))
    const [base, whole, ...single] = await this.#logits([[], every, ...alone], every.length)
    let added = single.map((logit) => logit - base!)
    if (Math.abs(base! + added.reduce((sum, logit) => sum + logit, 0) - whole!) > LINEAR_TOLERANCE) {
      const without = parts.map((part) => every.filter((index) => index !== part))
      added = (await this.#logits(without, every.length)).map((logit) => whole! - logit)
    }
    const [seriousness] = await this.score([text])
    const contributions = parts.map((part, at) => ({ feature: names.get(part)!, logit: added[at]! }))
    return toExplanation({ seriousness: seriousness!, base: base!, whole: whole!, contributions })
  }

  /** The log-odds of rows of features, each with the scale of the whole post. */
  async #logits(rows: readonly (readonly number[])[], scaledAs: number): Promise<number[]> {
    const batch = new Batch(
      rows.length,
      rows.reduce((sum, row) => sum + row.length, 0),
    )
    for (const row of rows) {
      batch.room().set(row)
      batch.add(row.length, toScale(scaledAs))
    }
    return Array.from(await this.#infer(batch), toLogit)
  }

  async #infer(batch: Batch): Promise<Float32Array> {
    const output = await this.#session.run(batch.toInputs())
    return output['seriousness']!.data as Float32Array
  }
}

/** The graph's inputs for some posts, filled one post after the other. */
export class Batch {
  readonly #features: Int32Array
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #scale: Float32Array
  #posts = 0
  /** The place of the last feature. Place 0 belongs to no post. */
  #last = 0

  /** @param maxFeatures the most features of all posts together */
  constructor(posts: number, maxFeatures: number) {
    this.#features = new Int32Array(1 + maxFeatures)
    this.#starts = new Int32Array(posts)
    this.#ends = new Int32Array(posts)
    this.#scale = new Float32Array(posts)
  }

  /** The place into which the next post's features are written. */
  room(): Int32Array {
    return this.#features.subarray(this.#last + 1, this.#last + 1 + MAX_FEATURES)
  }

  /** Ends the next post, after `count` of its features were written into {@link room}. */
  add(count: number, scale: number): void {
    this.#starts[this.#posts] = this.#last
    this.#last += count
    this.#ends[this.#posts] = this.#last
    this.#scale[this.#posts++] = scale
  }

  toInputs(): InferenceSession.FeedsType {
    const features = this.#features.subarray(0, this.#last + 1)
    return {
      features: new Tensor('int32', features, [features.length]),
      starts: new Tensor('int32', this.#starts, [this.#starts.length]),
      ends: new Tensor('int32', this.#ends, [this.#ends.length]),
      scale: new Tensor('float32', this.#scale, [this.#scale.length]),
    }
  }
}

const INPUTS = ['features', 'starts', 'ends', 'scale']

/** The largest difference between the sum and the whole, in log-odds, that single precision can explain. */
const LINEAR_TOLERANCE = 0.05

/** Joins the names of words that fall into the same bucket, because they are one feature. */
function nameByIndex(features: readonly NamedFeature[]): Map<number, string> {
  const names = new Map<number, Set<string>>()
  for (const { index, name, kind } of features) {
    const own = names.get(index) ?? new Set()
    names.set(index, own.add(kind === 'form' ? `form: ${name}` : name))
  }
  return new Map([...names].map(([index, own]) => [index, [...own].join(' / ')]))
}
