import { join } from 'node:path'
import { toExplanation, type Explanation } from './explanation.ts'
import { cleanText, type TextPost } from './features.ts'
import { leaveOut } from './leave-out.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { OpenOptions } from './open-model.ts'
import type { ScoringModel } from './scoring-model.ts'
import { toFourDecimals, toLogit } from './probability.ts'
import { readClasses, type ClassReader } from './read-classes.ts'
import { toScoredText } from './scored-text.ts'
import { readSettings } from './text-tokenizer.ts'
import { TokenGraph } from './token-graph.ts'

/**
 * A scoring model from any text classifier: `model.onnx` over the token ids that the folder's `tokenizer.json` makes of
 * a post. Posts of similar length share inference calls, and the length to which a post is padded depends only on the
 * post. Other posts of a call change its score by no more than the rounding of single precision, which rarely moves the
 * fourth decimal, and only by one.
 */
export class TransformerModel implements ScoringModel {
  readonly name: string
  readonly #graph: TokenGraph
  readonly #read: ClassReader

  private constructor(name: string, graph: TokenGraph, read: ClassReader) {
    this.name = name
    this.#graph = graph
    this.#read = read
  }

  /**
   * @throws OperationalError that says which file is wrong, or what to write into `model.json`
   */
  static async load(folder: string, manifest: ModelManifest, options: OpenOptions): Promise<TransformerModel> {
    const config = await readSettings(join(folder, 'config.json'))
    const { graph, classes } = await TokenGraph.open(folder, manifest, config, options)
    return new TransformerModel(manifest.name, graph, readClasses(manifest, config, classes))
  }

  async score(posts: readonly TextPost[]): Promise<number[]> {
    return (await this.#probabilities(posts.map(toText))).map(toFourDecimals)
  }

  /**
   * A contribution is the amount that the log-odds lose when a word is left out everywhere; `base` is the log-odds of
   * an empty post. Words together may change the score more, or less, than one by one. The difference is a contribution
   * of its own.
   */
  async explain(post: TextPost, signal?: AbortSignal): Promise<Explanation> {
    const text = toText(post)
    const parts = leaveOut(text)
    const probabilities = await this.#probabilities(['', text, ...parts.map((part) => part.text)], signal)
    const [base, whole, ...without] = probabilities.map(toLogit)
    const contributions = parts.map(({ feature }, at) => ({ feature, logit: whole! - without[at]! }))
    return toExplanation({ seriousness: toFourDecimals(probabilities[1]!), base: base!, whole: whole!, contributions })
  }

  async #probabilities(texts: readonly string[], signal?: AbortSignal): Promise<number[]> {
    return (await this.#graph.run(texts, signal)).map(this.#read)
  }
}

/** The text that the scoring model reads: the title, then a blank line and the post's text, if it has one. */
function toText(post: TextPost): string {
  const { title, selftext } = toScoredText(post)
  const text = cleanText(selftext)
  return text === '' ? title : `${title}\n\n${text}`
}
