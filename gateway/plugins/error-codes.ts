import type { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Gives errors of parsing and validation the codes that other GraphQL servers use for them. */
export function useErrorCodes(): Plugin {
  return {
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

const setCode = ({ extensions }: GraphQLError, code: string): unknown => (extensions['code'] ??= code)
