import { prefersPage } from './accept.ts'

/** A bounded set of names: metrics are kept by them. */
export type Route =
  | '/graphql'
  | '/healthz'
  | '/readyz'
  | '/metrics'
  | '/openapi.json'
  | '/subreddits'
  | '/subreddit/{name}'
  | 'page'
  | 'unknown'

const FIXED: ReadonlySet<string> = new Set(['/graphql', '/healthz', '/readyz', '/metrics', '/openapi.json'])
/** Pages that programs get, too, because there is nothing else at their addresses. */
const PAGES: ReadonlySet<string> = new Set(['/', '/compare', '/pipeline'])

/** Who answers a path. The web app answers all browsers, and everybody's requests for its files. */
export function findRoute(path: string, accept: string | undefined): Route {
  if (FIXED.has(path)) return path as Route
  const rest = restRoute(path)
  if (prefersPage(accept)) return 'page'
  return rest ?? (PAGES.has(path) || isFile(path) ? 'page' : 'unknown')
}

/** Whether a path has both a page and JSON. */
export const isNegotiated = (path: string): boolean => restRoute(path) !== undefined

/** The path without its trailing slash where that is an address of the API. */
export function withoutSlash(path: string): string | undefined {
  if (!path.endsWith('/')) return undefined
  const shorter = path.slice(0, -1)
  return FIXED.has(shorter) || isNegotiated(shorter) ? shorter : undefined
}

function restRoute(path: string): Route | undefined {
  if (path === '/subreddits') return path
  return /^\/subreddit\/[^/]+$/.test(path) && !isFile(path) ? '/subreddit/{name}' : undefined
}

/** The web app's own files, and its data for pages, have a dot in their last part; no other address has one. */
const isFile = (path: string): boolean => path.startsWith('/_app/') || path.slice(path.lastIndexOf('/')).includes('.')
