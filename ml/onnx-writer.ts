import { ELEMENT, toOnnxFile } from './onnx-file.ts'

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
  return toOnnxFile({
    nodes: [
      { op: 'Gather', inputs: ['weights', 'indices'], output: 'gathered' },
      { op: 'Cast', inputs: ['gathered'], output: 'terms', attributes: { to: ELEMENT.float32 } },
      { op: 'ReduceSum', inputs: ['terms', 'axes'], output: 'sum', attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['sum', 'scale'], output: 'scaled' },
      { op: 'Mul', inputs: ['scaled', 'step'], output: 'weighted' },
      { op: 'Add', inputs: ['weighted', 'bias'], output: 'logit' },
      { op: 'Sigmoid', inputs: ['logit'], output: 'seriousness' },
    ],
    constants: [
      { name: 'weights', dims: [weights.length], data: weights },
      { name: 'step', dims: [1], data: Float32Array.of(step) },
      { name: 'bias', dims: [1], data: Float32Array.of(bias) },
      { name: 'axes', dims: [1], data: BigInt64Array.of(1n) },
    ],
    inputs: [
      { name: 'indices', type: 'int32', dims: ['posts', maxFeatures] },
      { name: 'scale', type: 'float32', dims: ['posts'] },
    ],
    outputs: [{ name: 'seriousness', type: 'float32', dims: ['posts'] }],
  })
}
