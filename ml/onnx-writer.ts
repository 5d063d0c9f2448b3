/**
 * Writes the scoring graph as an ONNX file: protocol buffers by hand, since the graph is seven nodes and never changes.
 * Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, Apache-2.0).
 */
const FLOAT = 1
const INT8 = 3
const INT32 = 6
const INT64 = 7
const OPSET = 17
const IR_VERSION = 8

type Field = readonly [number, number | string | Uint8Array]

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  bytes.push(value)
  return bytes
}

/** A message from its fields: numbers become varints, the rest length-delimited. */
function message(...fields: Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)])
    const bytes = Buffer.from(value as Uint8Array)
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes])
  })
  return Buffer.concat(parts)
}

const tensor = (name: string, type: number, dims: number[], data: Uint8Array): Uint8Array =>
  message(...dims.map((dim): Field => [1, dim]), [2, type], [8, name], [9, data])

const node = (op: string, inputs: string[], output: string, ...attributes: Uint8Array[]): Uint8Array =>
  message(
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [3, output],
    [4, op],
    ...attributes.map((a): Field => [5, a]),
  )

const intAttribute = (name: string, value: number): Uint8Array => message([1, name], [3, value], [20, 2])

function valueInfo(name: string, type: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = message(
    ...dims.map((dim): Field => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])]),
  )
  return message([1, name], [2, message([1, message([1, type], [2, shape])])])
}

/** A linear model whose weights are `step` times small whole numbers. */
export interface QuantisedModel {
  readonly weights: Int8Array
  readonly step: number
  readonly bias: number
}

/**
 * `seriousness = sigmoid(bias + scale · step · Σ weights[indices])`, row by row. The sum is of whole numbers, hence the
 * same on every platform and in any order.
 */
export function toOnnx({ weights, step, bias }: QuantisedModel, maxFeatures: number): Uint8Array {
  const floats = (value: number): Uint8Array => new Uint8Array(new Float32Array([value]).buffer)
  const axes = new BigInt64Array([1n])
  const graph = message(
    [1, node('Gather', ['weights', 'indices'], 'gathered')],
    [1, node('Cast', ['gathered'], 'terms', intAttribute('to', FLOAT))],
    [1, node('ReduceSum', ['terms', 'axes'], 'sum', intAttribute('keepdims', 0))],
    [1, node('Mul', ['sum', 'scale'], 'scaled')],
    [1, node('Mul', ['scaled', 'step'], 'weighted')],
    [1, node('Add', ['weighted', 'bias'], 'logit')],
    [1, node('Sigmoid', ['logit'], 'seriousness')],
    [2, 'gravitas'],
    [5, tensor('weights', INT8, [weights.length], new Uint8Array(weights.buffer))],
    [5, tensor('step', FLOAT, [1], floats(step))],
    [5, tensor('bias', FLOAT, [1], floats(bias))],
    [5, tensor('axes', INT64, [1], new Uint8Array(axes.buffer))],
    [11, valueInfo('indices', INT32, ['posts', maxFeatures])],
    [11, valueInfo('scale', FLOAT, ['posts'])],
    [12, valueInfo('seriousness', FLOAT, ['posts'])],
  )
  return message([1, IR_VERSION], [2, 'gravitas'], [7, graph], [8, message([1, ''], [2, OPSET])])
}
