import { expect, test } from 'vitest'
import { acceptsGzip, prefersPage } from './accept.ts'
import { READ_METHODS, RouteTable, type Route } from './routes.ts'

const toRoute = (path: string, hasPage = false): Route => ({
  path,
  methods: READ_METHODS,
  hasPage,
  answer: () => {
    throw new Error('not called')
  },
})
const table = new RouteTable({
  routes: [toRoute('/graphql'), toRoute('/subreddits', true), toRoute('/subreddit/{name}', true)],
  page: toRoute('page'),
  unknown: toRoute('unknown'),
})
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

test.each([
  [BROWSER, true],
  ['text/html', true],
  ['text/html, application/json', true],
  ['text/*', true],
  ['application/json, text/html;q=0.5', false],
  ['text/html;q=0', false],
  ['*/*', false],
  ['application/json', false],
  ['text/plain', false],
  ['', false],
  [undefined, false],
])('Accept: %s gets a page: %s', (accept, expected) => expect(prefersPage(accept)).toBe(expected))

test.each([
  ['gzip, deflate, br', true],
  ['gzip;q=0', false],
  ['identity', false],
  ['*', true],
  [undefined, false],
])('Accept-Encoding: %s takes gzip: %s', (header, expected) => expect(acceptsGzip(header)).toBe(expected))

test.each([
  ['/graphql', BROWSER, '/graphql'],
  ['/subreddits', BROWSER, 'page'],
  ['/subreddits', '*/*', '/subreddits'],
  ['/subreddit/AskScience', undefined, '/subreddit/{name}'],
  ['/subreddit/AskScience', BROWSER, 'page'],
  ['/subreddits/__data.json', '*/*', 'page'],
  ['/_app/immutable/x', '*/*', 'page'],
  ['/favicon.svg', 'image/*', 'page'],
  ['/', '*/*', 'page'],
  ['/nothing', '*/*', 'unknown'],
  ['/subreddit/a/b', '*/*', 'unknown'],
  ['/nothing', BROWSER, 'page'],
])('%s with Accept: %s is %s', (path, accept, route) => expect(table.find(path, accept).route.path).toBe(route))

test.each([
  ['/subreddits', BROWSER, true],
  ['/subreddits', '*/*', true],
  ['/subreddit/a', BROWSER, true],
  ['/subreddit/a', undefined, true],
  ['/graphql', BROWSER, false],
  ['/pipeline', BROWSER, false],
  ['/nothing', '*/*', false],
])('%s with Accept: %s depends on that header: %s', (path, accept, expected) =>
  expect(table.find(path, accept).isNegotiated).toBe(expected),
)

test('parts of a path are passed on as they were sent', () => {
  expect(table.find('/subreddit/a%20b', undefined).parts).toEqual({ name: 'a%20b' })
  expect(table.find('/subreddit/a', BROWSER).parts).toEqual({})
  expect(table.find('/subreddits', undefined).parts).toEqual({})
})

test('only addresses of the API lose their trailing slash here', () => {
  expect(table.withoutSlash('/subreddits/')).toBe('/subreddits')
  expect(table.withoutSlash('/graphql/')).toBe('/graphql')
  expect(table.withoutSlash('/subreddit/a/')).toBe('/subreddit/a')
  expect(table.withoutSlash('//')).toBeUndefined()
  expect(table.withoutSlash('/x/')).toBeUndefined()
})
