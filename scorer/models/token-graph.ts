import { join } from 'node:path'
import { Tensor, type InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { readShape, type GraphShape, type InputName } from './graph-shape.ts'
import { groupByLength, type GroupingLimits } from './group-by-length.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { OpenOptions } from './open-model.ts'
import { openGraph } from './open-graph.ts'
import { TextTokenizer, type Settings } from './text-tokenizer.ts'

/** The most tokens of one inference call, padding included. It limits the memory of a call. */
const MAX_TOKENS_A_CALL = 4_096
/** A text is padded to the next multiple of this. */
const LENGTH_STEP = 8

/** The largest difference between a text's values alone and in a batch. Single precision causes a hundredth of it. */
const COMPANY_TOLERANCE = 1e-3

type TokenIds = readonly number[]

/** A graph over tokens with its tokenizer. It turns each text into a row of values. */
export class TokenGraph {
  readonly #session: InferenceSession
  readonly #shape: GraphShape
  readonly #tokenizer: TextTokenizer
  #limits: GroupingLimits

  private constructor(session: InferenceSession, shape: GraphShape, tokenizer: TextTokenizer) {
    this.#session = session
    this.#shape = shape
    this.#tokenizer = tokenizer
    // Without a mask the graph would read padding as text.
    const step = shape.inputs.some(({ name }) => name === 'attention_mask') ? LENGTH_STEP : 1
    this.#limits = {
      padTo: (length) => shape.tokens ?? Math.min(tokenizer.maxLength, Math.ceil(length / step) * step),
      maxTokens: MAX_TOKENS_A_CALL,
      maxMembers: shape.isSingle ? 1 : Infinity,
    }
  }

  /**
   * @throws OperationalError when the graph or the tokenizer does not match its description, or they do not belong
   *   together
   */
  static async open(
    folder: string,
    manifest: ModelManifest,
    config: Settings,
    { threads, guard }: OpenOptions,
  ): Promise<{ graph: TokenGraph; classes: number }> {
    const session = await openGraph(folder, manifest, threads)
    const shape = readShape(session, join(folder, 'model.onnx'))
    const tokenizer = await TextTokenizer.load(folder, manifest, { config, limit: shape.tokens ?? Infinity, guard })
    const graph = new TokenGraph(session, shape, tokenizer)
    return { graph, classes: await graph.#tryOut(folder) }
  }

  /**
   * Runs the graph. @returns its values for each text, one for each class
   * @throws the signal's reason once it is aborted, between two inference calls
   */
  async run(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const tokens = texts.map((text) => this.#tokenizer.encode(text))
    const rows: Float32Array[] = []
    const lengths = tokens.map(({ length }) => length)
    for (const { length, members } of groupByLength(lengths, this.#limits)) {
      signal?.throwIfAborted()
      const { data, dims } = await this.#infer(
        members.map((at) => tokens[at]!),
        length,
      )
      const classes = dims[1] ?? 1
      for (const [row, at] of members.entries()) rows[at] = data.subarray(row * classes, (row + 1) * classes)
    }
    return rows
  }

  /**
   * Tries the longest text, the highest token and two texts at once. Otherwise a mismatch would only show at a later
   * post.
   */
  async #tryOut(folder: string): Promise<number> {
    const { highestId, maxLength } = this.#tokenizer
    const longest = Array.from({ length: maxLength }, () => highestId)
    const other = longest.map((_, at) => at % (highestId + 1))
    const batch = this.#shape.isSingle ? [longest] : [longest, other]
    try {
      const { data, dims } = await this.#infer(batch, maxLength)
      if (dims[0] !== batch.length || dims.length > 2)
        throw new Error(`it gives values of the shape [${dims.join(', ')}]`)
      const alone = (await this.#infer([longest], maxLength)).data
      // Dynamic quantisation has this effect, because it takes its scale from all texts of a call.
      const isSwayed = alone.some((value, at) => Math.abs(value - data[at]!) > COMPANY_TOLERANCE)
      if (isSwayed) this.#limits = { ...this.#limits, maxMembers: 1 }
      return alone.length
    } catch (cause) {
      const { message } = cause as Error
      throw new OperationalError(
        `The graph in ${folder} fails on the tokens of tokenizer.json (${maxLength} tokens, ids up to ${highestId}): ${message.trim()}. It must be a text classifier, and the tokenizer must belong to it. If it reads fewer tokens, write their number as "maxLength" into model.json.`,
        { cause },
      )
    }
  }

  async #infer(batch: readonly TokenIds[], length: number): Promise<{ data: Float32Array; dims: readonly number[] }> {
    const feeds: Record<string, Tensor> = {}
    for (const { name, type } of this.#shape.inputs) {
      const values = this.#fill(batch, length, name)
      const data = type === 'int64' ? BigInt64Array.from(values, BigInt) : values
      feeds[name] = new Tensor(type, data, [batch.length, length])
    }
    const { data, dims } = (await this.#session.run(feeds, [this.#shape.output]))[this.#shape.output]!
    return { data: data as Float32Array, dims }
  }

  #fill(batch: readonly TokenIds[], length: number, name: InputName): Int32Array {
    const values = new Int32Array(batch.length * length)
    // A text is one segment, which has the number 0.
    if (name === 'token_type_ids') return values
    if (name === 'input_ids') values.fill(this.#tokenizer.padId)
    for (const [row, ids] of batch.entries()) {
      const start = row * length + (this.#tokenizer.padsLeft ? length - ids.length : 0)
      if (name === 'input_ids') values.set(ids, start)
      else if (name === 'position_ids') values.set(ids.keys().toArray(), start)
      else values.fill(1, start, start + ids.length)
    }
    return values
  }
}
