import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: 'schema/api.graphql',
  generates: {
    // For the gateway: types only, so that it runs without them.
    'schema/generated/api.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        useTypeImports: true,
        enumType: 'string-literal',
        enumsAsTypes: true,
        avoidOptionals: { field: true },
        scalars: { DateTime: { input: 'Date', output: 'Date' }, ID: { input: 'string', output: 'string' } },
        contextType: '../../gateway/resolvers/context.ts#GatewayContext',
        mappers: {
          Subreddit: '../../gateway/read-models/subreddit-parent.ts#SubredditParent',
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
