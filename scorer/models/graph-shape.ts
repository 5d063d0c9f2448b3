import type { InferenceSession } from 'onnxruntime-node'
import { OperationalError } from '../../schema/runtime/errors.ts'

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const
export type InputName = (typeof INPUTS)[number]

export interface GraphInput {
  readonly name: InputName
  readonly type: 'int64' | 'int32'
}

/** What a transformer's graph takes and gives, by its own names and types. */
export interface GraphShape {
  readonly inputs: readonly GraphInput[]
  /** The one with the classes' values, [posts, classes]. */
  readonly output: string
  /** Where the graph takes one number of tokens only. */
  readonly tokens: number | undefined
  /** Whether the graph takes one post at a time only. */
  readonly isSingle: boolean
}

/** @throws OperationalError when the graph is none that takes token ids and gives values of classes */
export function readShape({ inputMetadata, outputMetadata }: InferenceSession, file: string): GraphShape {
  const inputs = inputMetadata.map((input) => toInput(input, file))
  const ids = inputMetadata.find(({ name }) => name === 'input_ids')
  if (ids?.isTensor !== true) {
    const names = inputMetadata.map(({ name }) => name).join(', ')
    throw new OperationalError(`${file} takes no input_ids (but ${names}): it is no classifier of tokenized text.`)
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
      `${file} takes an input that is not known here: ${input.name}. Known are ${INPUTS.join(', ')}. Export it as a text classifier.`,
    )
  const type = input.isTensor ? input.type : 'no tensor'
  if (type === 'int64' || type === 'int32') return { name, type }
  throw new OperationalError(`${file} takes ${name} as ${type}; known are int64 and int32.`)
}

function findOutput(outputs: readonly InferenceSession.ValueMetadata[], file: string): string {
  const found = outputs.length === 1 ? outputs[0] : outputs.find(({ name }) => name === 'logits')
  if (found === undefined)
    throw new OperationalError(
      `${file} has no output named logits, but ${outputs.map(({ name }) => name).join(', ')}. Export it as a text classifier.`,
    )
  if (found.isTensor && found.type === 'float32') return found.name
  throw new OperationalError(
    `${file} gives ${found.name} as ${found.isTensor ? found.type : 'no tensor'}; known is float32.`,
  )
}
