import {
  toOnnxFile,
  type ElementType,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
} from '../../ml/onnx-file.ts'

const HIDDEN = 8
/** The number of places in a text. The graph can read no more tokens. */
export const POSITIONS = 32

export interface TinyGraph {
  readonly inputs?: readonly string[]
  readonly inputType?: ElementType
  /** Sizes of the inputs; a name stands for any size. */
  readonly dims?: readonly [number | string, number | string]
  /** The number of columns of the output. The last one is the serious class. */
  readonly classes?: number
  readonly outputName?: string
  readonly outputType?: 'float32' | 'float16'
  /** Whether the graph gives values for a text, and not for each of its tokens. */
  readonly isPooled?: boolean
  /** Whether texts of a batch change each other's values, as with dynamic quantisation. */
  readonly isSwayed?: boolean
}

/**
 * Makes a small transformer: embeddings of tokens, segments and places, one layer of self-attention, the mean over
 * tokens that are not masked, and a linear head. Its weights are noise, except those that make a token serious or not.
 * @param polarities how serious each token is, by id; a token above 0 is serious
 */
export function toTinyGraph(polarities: readonly number[], options: TinyGraph = {}): Uint8Array {
  const { inputs = ['input_ids', 'attention_mask', 'token_type_ids'], inputType = 'int64' } = options
  const {
    dims = ['batch', 'tokens'],
    classes = 2,
    outputName = 'logits',
    outputType = 'float32',
    isSwayed = false,
    isPooled = true,
  } = options
  return toOnnxFile({
    nodes: [
      ...embed(inputs.includes('token_type_ids'), inputs.includes('position_ids')),
      ...mask(inputs.includes('attention_mask')),
      ...attend(),
      ...pool(),
      node('ReduceMean', 'values_of_classes', 'of_batch', { axes: [0] }),
      node('Mul', `of_batch ${isSwayed ? 'one' : 'zero'}`, 'sway'),
      node('Add', 'values_of_classes sway', 'values'),
      node('Cast', isPooled ? 'values' : 'y', outputName, { to: outputType === 'float32' ? 1 : 10 }),
    ],
    constants: constants(polarities, classes),
    inputs: inputs.map((name): GraphValue => ({ name, type: inputType, dims })),
    outputs: [{ name: outputName, type: outputType, dims: isPooled ? [dims[0], classes] : [...dims, HIDDEN] }],
  })
}

const node = (
  op: string,
  inputs: string,
  output: string,
  attributes: NonNullable<GraphNode['attributes']> = {},
): GraphNode => ({ op, inputs: inputs.split(' '), output, attributes })

const embed = (hasSegments: boolean, hasPlaces: boolean): GraphNode[] => [
  node('Gather', 'tokens input_ids', 'of_tokens'),
  hasSegments
    ? node('Gather', 'segments token_type_ids', 'of_segments')
    : node('Identity', 'no_segment', 'of_segments'),
  node('Add', 'of_tokens of_segments', 'of_both'),
  node('Shape', 'input_ids', 'shape'),
  node('Gather', 'shape int_one', 'length'),
  node('Range', 'int_zero length int_one', 'places'),
  node('Gather', `positions ${hasPlaces ? 'position_ids' : 'places'}`, 'of_places'),
  node('Add', 'of_both of_places', 'x'),
]

/** Makes a mask of ones for tokens of the text: from the given mask, or for all tokens. */
const mask = (hasMask: boolean): GraphNode[] => [
  node('Cast', hasMask ? 'attention_mask' : 'input_ids', 'given', { to: 1 }),
  node('Pow', hasMask ? 'given one' : 'given zero', 'mask'),
  node('Sub', 'one mask', 'padding'),
  node('Mul', 'padding far_below', 'penalty'),
  node('Unsqueeze', 'penalty axis_1', 'penalties'),
]

const attend = (): GraphNode[] => [
  ...['query', 'key', 'value'].map((name) => node('MatMul', `x ${name}`, `x_${name}`)),
  node('Transpose', 'x_key', 'turned_key', { perm: [0, 2, 1] }),
  node('MatMul', 'x_query turned_key', 'likeness'),
  node('Mul', 'likeness scale', 'scaled'),
  node('Add', 'scaled penalties', 'masked'),
  node('Softmax', 'masked', 'attention'),
  node('MatMul', 'attention x_value', 'attended'),
  node('Add', 'x attended', 'y'),
]

const pool = (): GraphNode[] => [
  node('Unsqueeze', 'mask axis_2', 'wide_mask'),
  node('Mul', 'y wide_mask', 'text_only'),
  node('ReduceSum', 'text_only axis_1', 'sum', { keepdims: 0 }),
  node('ReduceSum', 'mask axis_1', 'count', { keepdims: 1 }),
  node('Div', 'sum count', 'pooled'),
  node('MatMul', 'pooled head', 'values_of_classes'),
]

function constants(polarities: readonly number[], classes: number): GraphConstant[] {
  const tokens = noise(polarities.length * HIDDEN, 0.3, 1)
  for (const [id, polarity] of polarities.entries()) tokens[id * HIDDEN] = polarity
  const head = noise(HIDDEN * classes, 0.1, 5)
  head[classes - 1] = 3
  const floats = (name: string, dims: readonly number[], data: Float32Array): GraphConstant => ({ name, dims, data })
  const float = (name: string, value: number): GraphConstant => floats(name, [1], new Float32Array([value]))
  const int = (name: string, value: number, dims: readonly number[]): GraphConstant => ({
    name,
    dims,
    data: new BigInt64Array([BigInt(value)]),
  })
  return [
    floats('tokens', [polarities.length, HIDDEN], tokens),
    floats('segments', [2, HIDDEN], noise(2 * HIDDEN, 0.05, 2)),
    floats('positions', [POSITIONS, HIDDEN], noise(POSITIONS * HIDDEN, 0.05, 3)),
    floats('query', [HIDDEN, HIDDEN], noise(HIDDEN ** 2, 0.4, 10)),
    floats('key', [HIDDEN, HIDDEN], noise(HIDDEN ** 2, 0.4, 11)),
    floats('value', [HIDDEN, HIDDEN], noise(HIDDEN ** 2, 0.4, 12)),
    floats('head', [HIDDEN, classes], head),
    float('scale', 1 / Math.sqrt(HIDDEN)),
    float('no_segment', 0),
    float('zero', 0),
    float('one', 1),
    float('far_below', -10_000),
    int('int_zero', 0, []),
    int('int_one', 1, []),
    int('axis_1', 1, [1]),
    int('axis_2', 2, [1]),
  ]
}

/** Makes numbers around 0 that look random and are the same each time. */
function noise(count: number, scale: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 32 - 0.5) * 2 * scale
  })
}
