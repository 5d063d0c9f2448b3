import type { IncomingMessage, ServerResponse } from 'node:http'
import { prefersPage } from './accept.ts'
import type { Operation } from './operation.ts'

/** The parts of a requested path that the route has in braces, by their names and still percent-encoded. */
export type PathParts = Readonly<Record<string, string>>

/** An address, or a group of addresses, with the function that answers it. */
export interface Route {
  /** The path in OpenAPI's notation: `{name}` stands for one part of a path. It also labels the route's metrics. */
  readonly path: string
  readonly methods: readonly string[]
  /** Whether the web app has a page at the same address. */
  readonly hasPage?: boolean
  /** Describes the route in the OpenAPI document. */
  readonly operation?: Operation
  readonly answer: (request: IncomingMessage, response: ServerResponse, parts: PathParts) => unknown
}

/** The route that answers a request. */
export interface Match {
  readonly route: Route
  readonly parts: PathParts
  /** Whether the address has both a page and JSON, so that the answer depends on the Accept header. */
  readonly isNegotiated: boolean
}

interface Pattern {
  readonly route: Route
  readonly regExp: RegExp
}

export const READ_METHODS: readonly string[] = ['GET', 'HEAD']

/** Pages that programs get too, because nothing else is at their addresses. */
const PAGES: ReadonlySet<string> = new Set(['/', '/compare', '/pipeline'])
const NO_PARTS: PathParts = {}

export interface RouteTableOptions {
  readonly routes: readonly Route[]
  /** The web app. It answers browsers at all addresses that have a page, and every client's requests for its files. */
  readonly page: Route
  /** Answers all addresses that belong neither to a route nor to the web app. */
  readonly unknown: Route
}

/** Finds the route of a request. */
export class RouteTable {
  readonly page: Route
  readonly unknown: Route
  readonly #fixed = new Map<string, Route>()
  readonly #patterns: readonly Pattern[]

  constructor({ routes, page, unknown }: RouteTableOptions) {
    this.page = page
    this.unknown = unknown
    for (const route of routes) if (!route.path.includes('{')) this.#fixed.set(route.path, route)
    this.#patterns = routes
      .filter(({ path }) => path.includes('{'))
      .map((route) => ({ route, regExp: toRegExp(route) }))
  }

  find(path: string, accept: string | undefined): Match {
    const own = this.#findOwn(path)
    const wantsPage = prefersPage(accept)
    if (own !== undefined && !(own.isNegotiated && wantsPage)) return own
    const isPage = wantsPage || PAGES.has(path) || isFile(path)
    return { route: isPage ? this.page : this.unknown, parts: NO_PARTS, isNegotiated: own?.isNegotiated === true }
  }

  /** Returns the path without its trailing slash if a route of the API has that path; otherwise undefined. */
  withoutSlash(path: string): string | undefined {
    if (!path.endsWith('/')) return undefined
    const shorter = path.slice(0, -1)
    return this.#findOwn(shorter) && shorter
  }

  #findOwn(path: string): Match | undefined {
    const fixed = this.#fixed.get(path)
    if (fixed !== undefined) return toMatch(fixed, NO_PARTS)
    for (const { route, regExp } of this.#patterns) {
      const found = regExp.exec(path)
      if (found !== null && !isFile(path)) return toMatch(route, found.groups ?? NO_PARTS)
    }
    return undefined
  }
}

const toMatch = (route: Route, parts: PathParts): Match => ({ route, parts, isNegotiated: route.hasPage === true })

const toRegExp = ({ path }: Route): RegExp => new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)

/** The web app's own files, and its data for pages, have a dot in their last part; no other address has one. */
const isFile = (path: string): boolean => path.startsWith('/_app/') || path.slice(path.lastIndexOf('/')).includes('.')
