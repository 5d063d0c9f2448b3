/**
 * Writes small ONNX graphs as files. The protocol buffers are written by hand, which saves a dependency. Field numbers
 * are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, Apache-2.0).
 */
const OPSET = 17
const IR_VERSION = 8
export const ELEMENT = { float32: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const
export type ElementType = keyof typeof ELEMENT

type Field = readonly [number, number | string | Uint8Array]

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

/** Encodes a message from its fields: numbers as varints, everything else with its length in front. */
function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)])
    const bytes = Buffer.from(value as Uint8Array)
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes])
  })
  return Buffer.concat(parts)
}

/** An operation with the names of its inputs and its output. Attributes are whole numbers or lists of them. */
export interface GraphNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface GraphValue {
  readonly name: string
  readonly type: ElementType
  /** A name stands for any size. */
  readonly dims: readonly (number | string)[]
}

export interface GraphConstant {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array | Int8Array | BigInt64Array
}

export interface OnnxGraph {
  readonly nodes: readonly GraphNode[]
  readonly constants: readonly GraphConstant[]
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
}

export function toOnnxFile({ nodes, constants, inputs, outputs }: OnnxGraph): Uint8Array {
  const graph = message(
    ...nodes.map((node): Field => [1, toNode(node)]),
    [2, 'gravitas'],
    ...constants.map((constant): Field => [5, toTensor(constant)]),
    ...inputs.map((value): Field => [11, toValueInfo(value)]),
    ...outputs.map((value): Field => [12, toValueInfo(value)]),
  )
  return message([1, IR_VERSION], [2, 'gravitas'], [7, graph], [8, message([1, ''], [2, OPSET])])
}

const toNode = ({ op, inputs, output, attributes = {} }: GraphNode): Uint8Array =>
  message(
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [5, toAttribute(name, value)]),
  )

const toAttribute = (name: string, value: number | readonly number[]): Uint8Array =>
  typeof value === 'number'
    ? message([1, name], [3, value], [20, 2])
    : message([1, name], ...value.map((one): Field => [8, one]), [20, 7])

const toTensor = ({ name, dims, data }: GraphConstant): Uint8Array =>
  message(
    ...dims.map((dim): Field => [1, dim]),
    [2, ELEMENT[typeOf(data)]],
    [8, name],
    [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  )

function typeOf(data: GraphConstant['data']): ElementType {
  if (data instanceof Float32Array) return 'float32'
  return data instanceof Int8Array ? 'int8' : 'int64'
}

function toValueInfo({ name, type, dims }: GraphValue): Uint8Array {
  const sizes = dims.map((dim): Field => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])])
  return message([1, name], [2, message([1, message([1, ELEMENT[type]], [2, message(...sizes)])])])
}
