import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: 'schema/api.graphql',
  generates: {
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
  },
}
export default config
