import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

const gateway = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000'

export default defineConfig({
  plugins: [sveltekit({ adapter: adapter({ precompress: true }) })],
  server: { host: '127.0.0.1', proxy: { '/graphql': gateway } },
})
