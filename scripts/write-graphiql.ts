import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** `gateway/graphiql-files.ts` serves these files to the page of GraphiQL, `web/static/graphiql/index.html`. */
const FOLDER = 'web/build/graphiql'

interface Bundle {
  readonly js: string
  readonly css: string
  readonly editorWorkerService: string
  readonly jsonWorker: string
  readonly graphqlWorker: string
}

/**
 * Writes the scripts and styles of GraphiQL beside the web build, so that they come from our own origin. The package has
 * them as texts in a module, from which it makes one page with everything in it; a strict content security policy allows
 * neither inline scripts nor workers made of texts. They are not part of the web build itself, which would spend half a
 * minute on compressing them.
 */
const entry = import.meta.resolve('@graphql-yoga/render-graphiql')
const bundle = (await import(new URL('graphiql.js', entry).href)) as Bundle
const files = {
  'graphiql.js': bundle.js,
  'graphiql.css': bundle.css,
  'editorWorkerService.worker.js': bundle.editorWorkerService,
  'json.worker.js': bundle.jsonWorker,
  'graphql.worker.js': bundle.graphqlWorker,
}
mkdirSync(FOLDER, { recursive: true })
for (const [name, text] of Object.entries(files)) writeFileSync(join(FOLDER, `${name}.gz`), gzipSync(text))
