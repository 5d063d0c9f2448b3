import { ELEMENT, toOnnxFile } from './onnx-file.ts'

/** A linear model whose weights are `step` times small whole numbers. */
export interface QuantisedModel {
  readonly weights: Int8Array
  readonly step: number
  readonly bias: number
}

/**
 * Writes the graph of `seriousness = sigmoid(bias + scale · step · Σ weights[features])` for each post. The features of
 * all posts are in one row, after a 0. `starts` and `ends` are the places before the first and at the last feature of each
 * post, so that its sum is the difference of two running sums. These are sums of whole numbers, so they are the same on
 * every platform, in any order and in any batch.
 */
export function toOnnx({ weights, step, bias }: QuantisedModel): Uint8Array {
  return toOnnxFile({
    nodes: [
      { op: 'Gather', inputs: ['weights', 'features'], output: 'gathered' },
      { op: 'Cast', inputs: ['gathered'], output: 'terms', attributes: { to: ELEMENT.int32 } },
      { op: 'CumSum', inputs: ['terms', 'axis'], output: 'running' },
      { op: 'Gather', inputs: ['running', 'ends'], output: 'after' },
      { op: 'Gather', inputs: ['running', 'starts'], output: 'before' },
      { op: 'Sub', inputs: ['after', 'before'], output: 'whole' },
      { op: 'Cast', inputs: ['whole'], output: 'sum', attributes: { to: ELEMENT.float32 } },
      { op: 'Mul', inputs: ['sum', 'scale'], output: 'scaled' },
      { op: 'Mul', inputs: ['scaled', 'step'], output: 'weighted' },
      { op: 'Add', inputs: ['weighted', 'bias'], output: 'logit' },
      { op: 'Sigmoid', inputs: ['logit'], output: 'seriousness' },
    ],
    constants: [
      { name: 'weights', dims: [weights.length], data: weights },
      { name: 'step', dims: [1], data: Float32Array.of(step) },
      { name: 'bias', dims: [1], data: Float32Array.of(bias) },
      { name: 'axis', dims: [], data: BigInt64Array.of(0n) },
    ],
    inputs: [
      { name: 'features', type: 'int32', dims: ['features'] },
      { name: 'starts', type: 'int32', dims: ['posts'] },
      { name: 'ends', type: 'int32', dims: ['posts'] },
      { name: 'scale', type: 'float32', dims: ['posts'] },
    ],
    outputs: [{ name: 'seriousness', type: 'float32', dims: ['posts'] }],
  })
}
