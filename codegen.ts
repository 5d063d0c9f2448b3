import type { CodegenConfig } from '@graphql-codegen/cli'

const types = {
  useTypeImports: true,
  enumType: 'string-literal',
  enumsAsTypes: true,
  avoidOptionals: { field: true },
  scalars: { DateTime: { input: 'Date', output: 'Date' }, ID: { input: 'string', output: 'string' } },
}

const config: CodegenConfig = {
  schema: 'schema/api.graphql',
  generates: {
    // The types of the schema, which Node never loads.
    'schema/generated/api.ts': { plugins: ['typescript'], config: types },
    // The same with the types of the resolvers, which name what the gateway works with.
    'gateway/generated/resolvers.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        ...types,
        contextType: '../resolvers/context.ts#RequestContext',
        mappers: {
          Subreddit: '../read-models/subreddit-parent.ts#SubredditParent',
          Post: '../../projections/posts/queries.ts#PostRow',
        },
      },
    },
    // For the pages: documents as text with the types of their data and variables, so that no GraphQL library is in the browser.
    'web/src/lib/generated/documents.ts': {
      documents: 'web/src/**/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        documentMode: 'string',
        pureMagicComment: true,
        useTypeImports: true,
        immutableTypes: true,
        skipTypename: true,
        enumType: 'string-literal',
        scalars: { DateTime: 'string', ID: 'string' },
      },
    },
  },
}
export default config
