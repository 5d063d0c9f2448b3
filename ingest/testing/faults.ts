import type { Fault } from './stand-in-reddit.ts'

const answer = (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'answer',
  status,
  body,
  headers,
})
const PAGE = '<!doctype html><html><body>something</body></html>'

/** All known ways in which a request to Reddit fails, with and without the headers and bodies that may come with them. */
export const FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ['429 with retry-after', answer(429, PAGE, { 'retry-after': '7' })],
  ['429 as JSON without headers', answer(429, '{"message":"Too Many Requests","error":429}')],
  ['401', answer(401, '{"message":"Unauthorized","error":401}')],
  ['403 without a body', answer(403)],
  ['404 as HTML', answer(404, PAGE)],
  ['451 without a body', answer(451)],
  ['500 without a body', answer(500)],
  ['502 as HTML', answer(502, PAGE)],
  ['503 as JSON', answer(503, '{"message":"Service Unavailable","error":503}')],
  ['HTML instead of JSON', answer(200, PAGE)],
  ['JSON that is neither a listing nor a token', answer(200, '{"error":"invalid_grant"}')],
  ['an empty answer', answer(200)],
  ['a redirect without a target', answer(302)],
  ['a cut connection', { kind: 'cut' }],
  ['a slow answer', { kind: 'slow' }],
]
