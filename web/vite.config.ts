import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

const gateway = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000'

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ precompress: true }),
      csp: {
        directives: {
          'default-src': ['self'],
          // Titles come from strangers. Even if one got into a page as markup, its scripts would not run.
          'script-src': ['self'],
          // Bars and charts position their parts with style attributes.
          'style-src': ['self', 'unsafe-inline'],
          'img-src': ['self', 'data:'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'frame-ancestors': ['none'],
        },
      },
    }),
  ],
  server: { host: '127.0.0.1', proxy: { '/graphql': gateway } },
})
