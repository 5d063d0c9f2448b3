import type { HandleFetch } from '@sveltejs/kit/hooks'

/** Sends the queries of server-rendered pages to the gateway in the same process, without the network. */
export const handleFetch: HandleFetch = async ({ event, request, fetch }) => {
  const { pathname } = new URL(request.url)
  if (pathname !== '/graphql') return fetch(request)
  const gateway = event.platform?.req?.gravitas
  if (gateway !== undefined) return gateway.fetch(request)
  const origin = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000'
  return fetch(new Request(new URL(pathname, origin), request))
}
