import type { TSchema } from 'typebox'
import { failure, type Answer, type Operation } from './operation.ts'

const INFO = {
  title: 'Gravitas',
  version: '1.0.0',
  description:
    'How serious each subreddit is, live. The same figures and more, with subscriptions: GraphQL at /graphql.',
}

/** Makes the OpenAPI document of these operations. */
export const toOpenApi = (operations: readonly Operation[]) => ({
  openapi: '3.1.0',
  info: INFO,
  paths: Object.fromEntries(operations.map((operation) => [operation.path, { get: toGet(operation) }])),
})

function toGet({ path, summary, asks, answers }: Operation) {
  const parameters = Object.entries(asks.properties).map(([name, schema]) => toParameter(path, name, schema))
  const all: Readonly<Record<string, Answer>> = { ...answers, default: failure('Any other failure') }
  const responses = Object.entries(all).map(([status, answer]) => [status, toResponse(answer)])
  return { summary, parameters, responses: Object.fromEntries(responses) as object }
}

const toResponse = ({ description, mediaType, schema }: Answer) => ({
  description,
  content: { [mediaType]: { schema } },
})

function toParameter(path: string, name: string, { description, ...schema }: TSchema & { description?: string }) {
  const isInPath = path.includes(`{${name}}`)
  return { name, in: isInPath ? 'path' : 'query', required: isInPath, description, schema }
}
