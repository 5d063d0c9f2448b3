import { expect, test } from 'vitest'
import { acceptsGzip, prefersPage } from './accept.ts'
import { findRoute, withoutSlash } from './routes.ts'

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
])('%s with Accept: %s is %s', (path, accept, route) => expect(findRoute(path, accept)).toBe(route))

test('only addresses of the API lose their trailing slash here', () => {
  expect(withoutSlash('/subreddits/')).toBe('/subreddits')
  expect(withoutSlash('/graphql/')).toBe('/graphql')
  expect(withoutSlash('/subreddit/a/')).toBe('/subreddit/a')
  expect(withoutSlash('//')).toBeUndefined()
  expect(withoutSlash('/x/')).toBeUndefined()
})
