import type { Static, TObject, TSchema } from 'typebox'
import { failure, type Operation } from '../http/operation.ts'
import { createParameterReader } from '../http/parameters.ts'
import type { PathParts } from '../http/routes.ts'
import type { Reader } from '../read-models/reads.ts'

/** What REST answers are made from. */
export interface RestSources {
  readonly reader: Reader
  /** The scoring model whose scores are shown. */
  readonly model: string | undefined
}

/** An address whose answers are made from read models. */
export interface ReadOperation {
  readonly operation: Operation
  /** @throws a GraphQLError that says with which HTTP status to answer */
  readonly read: (sources: RestSources, parts: PathParts, query: URLSearchParams) => Promise<object>
}

/** An {@link Operation} with the function that answers it. Its schemas give the types of the function. */
export interface ReadDefinition<Asks extends TObject, Body extends TSchema> extends Operation<Asks, Body> {
  readonly read: (sources: RestSources, asked: Static<Asks>) => Promise<Static<Body> & object>
}

export function defineRead<Asks extends TObject, Body extends TSchema>(
  definition: ReadDefinition<Asks, Body>,
): ReadOperation {
  const { read, ...operation } = definition
  const readParameters = createParameterReader(operation.asks)
  return { operation, read: async (sources, parts, query) => read(sources, readParameters(parts, query)) }
}

/** Every address that reads read models may answer with these failures. */
export const READ_FAILURES = {
  400: failure('A parameter is wrong'),
  503: failure('A read model cannot be read at the moment, or not in time'),
}
