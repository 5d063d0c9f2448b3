import { GraphQLError } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'

/** How many bytes the answer to a query may have. */
const MAX_ANSWER_BYTES = 4 * 2 ** 20
/** About how many bytes a value has besides its text. */
const VALUE_BYTES = 4

/** Refuses answers that are too large before they are encoded. Selecting a long text under many names makes such answers. */
export function useAnswerSize(maxBytes = MAX_ANSWER_BYTES): Plugin {
  return {
    onResultProcess: (event) => {
      const { result } = event
      if (isAsyncIterable(result) || Array.isArray(result) || !isLarger(result.data, maxBytes)) return
      const message = `The answer has more than ${maxBytes} bytes: request smaller pages or fewer fields.`
      const extensions = { code: 'QUERY_TOO_LARGE', http: { status: 400 } }
      event.setResult({ errors: [new GraphQLError(message, { extensions })] })
    },
  }
}

/** Whether the JSON text of a value is longer. */
export function isLarger(value: unknown, maxBytes: number): boolean {
  let left = maxBytes
  const visit = (part: unknown): void => {
    left -= typeof part === 'string' ? part.length + VALUE_BYTES - 1 : VALUE_BYTES - 1
    if (left < 0 || typeof part !== 'object' || part === null) return
    if (Array.isArray(part)) {
      for (const item of part) if (left >= 0) visit(item)
      return
    }
    for (const [name, item] of Object.entries(part)) {
      left -= name.length + 3
      if (left >= 0) visit(item)
    }
  }
  visit(value)
  return left < 0
}
