import type { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { badInput } from '../protocol/errors.ts'

/**
 * Gives errors of parsing and validation the codes that other GraphQL servers use for them, and the status 400, because
 * Yoga would answer a syntax error with 500. Parameters in the URL that are not JSON are refused here for the same reason.
 */
export function useErrorCodes(): Plugin {
  return {
    onRequestParse: ({ url }) =>
      ['variables', 'extensions'].forEach((name) => requireJson(name, url.searchParams.get(name))),
    onParse:
      () =>
      ({ result }) => {
        if (result instanceof Error) setCode(result as GraphQLError, 'GRAPHQL_PARSE_FAILED')
      },
    onValidate:
      () =>
      ({ result }) => {
        for (const error of result as readonly GraphQLError[]) setCode(error, 'GRAPHQL_VALIDATION_FAILED')
      },
  }
}

function setCode({ extensions }: GraphQLError, code: string): void {
  extensions['code'] ??= code
  // `spec`: a client that accepts only application/json gets 200, as the specification of GraphQL over HTTP says.
  extensions['http'] ??= { spec: true, status: 400 }
}

function requireJson(name: string, text: string | null): void {
  try {
    if (text) JSON.parse(text)
  } catch {
    throw badInput(`the parameter ${name} must be JSON`)
  }
}
