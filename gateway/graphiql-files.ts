import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { acceptsGzip } from './http/accept.ts'
import { setPageHeaders } from './http/headers.ts'
import { sendJson } from './http/json-answer.ts'
import { READ_METHODS, type Route } from './http/routes.ts'

/** `scripts/write-graphiql.ts` writes the files here, compressed. */
const FOLDER = resolve(import.meta.dirname, '../web/build/graphiql')
const SCRIPT = 'text/javascript; charset=utf-8'
const FILES: Readonly<Record<string, string>> = {
  'graphiql.js': SCRIPT,
  'graphiql.css': 'text/css; charset=utf-8',
  'editorWorkerService.worker.js': SCRIPT,
  'json.worker.js': SCRIPT,
  'graphql.worker.js': SCRIPT,
}

/** Creates the addresses of the scripts and styles of GraphiQL. They are read when a browser asks for them. */
export const createGraphiQLRoutes = (): Route[] =>
  Object.entries(FILES).map(([name, type]) => ({
    path: `/graphiql/${name}`,
    methods: READ_METHODS,
    answer: async (request, response) => {
      const bytes = await readFile(resolve(FOLDER, `${name}.gz`)).catch(() => undefined)
      if (bytes === undefined) return sendJson(response, 404, { error: 'GraphiQL is not built: npm start builds it' })
      if (!acceptsGzip(request.headers['accept-encoding']))
        return sendJson(response, 406, { error: 'this file is sent only compressed with gzip' })
      setPageHeaders(response)
      response.writeHead(200, {
        'content-type': type,
        'content-encoding': 'gzip',
        'content-length': bytes.byteLength,
        'cache-control': 'max-age=3600',
        vary: 'Accept-Encoding',
      })
      return response.end(request.method === 'HEAD' ? undefined : bytes)
    },
  }))
