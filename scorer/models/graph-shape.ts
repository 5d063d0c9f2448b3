import type { InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const
export type InputName = (typeof INPUTS)[number]

export interface GraphInput {
  readonly name: InputName
  readonly type: 'int64' | 'int32'
}

/** The inputs and the output of a transformer's graph, with the graph's own names and types. */
export interface GraphShape {
  readonly inputs: readonly GraphInput[]
  /** The output with a value for each class, [posts, classes]. */
  readonly output: string
  /** The number of tokens of each text, if the graph takes only one number. */
  readonly tokens: number | undefined
  /** Whether the graph takes only one post at a time. */
  readonly isSingle: boolean
}

/** @throws OperationalError when the graph does not take token ids and give values of classes */
export function readShape({ inputMetadata, outputMetadata }: InferenceSession, file: string): GraphShape {
  const inputs = inputMetadata.map((input) => toInput(input, file))
  const ids = inputMetadata.find(({ name }) => name === 'input_ids')
  if (ids?.isTensor !== true) {
    const names = inputMetadata.map(({ name }) => name).join(', ')
    throw new OperationalError(`${file} takes no input_ids (but ${names}): it is not a classifier of tokenized text.`)
  }
  const [posts, tokens] = ids.shape
  if (typeof posts === 'number' && posts > 1)
    throw new OperationalError(`${file} takes exactly ${posts} posts at a time. Export it with a dynamic batch axis.`)
  return {
    inputs,
    output: findOutput(outputMetadata, file),
    tokens: typeof tokens === 'number' && tokens > 0 ? tokens : undefined,
    isSingle: posts === 1,
  }
}

function toInput(input: InferenceSession.ValueMetadata, file: string): GraphInput {
  const name = INPUTS.find((known) => known === input.name)
  if (name === undefined)
    throw new OperationalError(
      `${file} takes an input that this program does not know: ${input.name}. It knows ${INPUTS.join(', ')}. Export it as a text classifier.`,
    )
  const type = input.isTensor ? input.type : 'no tensor'
  if (type === 'int64' || type === 'int32') return { name, type }
  throw new OperationalError(`${file} takes ${name} as ${type}; it must take int64 or int32.`)
}

function findOutput(outputs: readonly InferenceSession.ValueMetadata[], file: string): string {
  const found = outputs.length === 1 ? outputs[0] : outputs.find(({ name }) => name === 'logits')
  if (found === undefined)
    throw new OperationalError(
      `${file} has no output named logits, but ${outputs.map(({ name }) => name).join(', ')}. Export it as a text classifier.`,
    )
  if (found.isTensor && found.type === 'float32') return found.name
  throw new OperationalError(
    `${file} gives ${found.name} as ${found.isTensor ? found.type : 'no tensor'}; it must be float32.`,
  )
}
