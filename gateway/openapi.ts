const number = { type: 'number' }
const text = { type: 'string' }
const nullableText = { type: ['string', 'null'] }
const share = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  description: 'Of what was posted in the hour, how much was seen',
}
const nullable = <Schema extends { type: string }>(schema: Schema) => ({ ...schema, type: [schema.type, 'null'] })
const object = (properties: object) => ({ type: 'object', properties })
const list = (items: object) => ({ type: 'array', items })
const query = (name: string, schema: object, description: string) => ({ name, in: 'query', schema, description })
const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } })
const error = (description: string) => json(description, object({ error: text }))

const failures = {
  400: error('A bad parameter'),
  503: error('A read model cannot be read at the moment'),
}

const limit = query('limit', { type: 'integer', minimum: 1, maximum: 1_000, default: 50 }, 'Rows a page')
const cursor = query('cursor', text, '`next` of the page before')

/** The OpenAPI description of the REST addresses. */
export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Gravitas', version: '1.0.0', description: 'How serious each subreddit is, live.' },
  paths: {
    '/subreddits': {
      get: {
        summary: 'Subreddits with their all-time seriousness',
        parameters: [
          query('search', text, 'Part of a name, in any case'),
          query(
            'order',
            { enum: ['most_posts', 'most_serious', 'least_serious', 'name'], default: 'most_posts' },
            'Order of rows',
          ),
          limit,
          cursor,
        ],
        responses: {
          200: json(
            'A page',
            object({
              subreddits: list(object({ name: text, seriousness: number, posts: number })),
              next: nullableText,
            }),
          ),
          ...failures,
        },
      },
    },
    '/subreddit/{name}': {
      get: {
        summary: 'One subreddit: all time, the last seven days by hour, its newest posts',
        parameters: [{ name: 'name', in: 'path', required: true, schema: text }, limit, cursor],
        responses: {
          200: json(
            'The subreddit',
            object({
              name: text,
              seriousness: number,
              post_count: number,
              hourly: list(object({ hour: text, seriousness: number, posts: number, coverage: nullable(share) })),
              coverage: {
                ...list(object({ hour: text, source: text, share })),
                description: 'Hours of which it is known how much was seen, also those without posts',
              },
              posts: list(
                object({
                  id: text,
                  title: text,
                  seriousness: { type: ['number', 'null'] },
                  created_at: text,
                  permalink: nullableText,
                }),
              ),
              next: nullableText,
            }),
          ),
          404: error('Not tracked'),
          ...failures,
        },
      },
    },
  },
}
