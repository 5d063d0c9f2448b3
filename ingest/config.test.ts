import { describe, expect, test } from 'vitest'
import { UsageError } from '../schema/runtime/errors.ts'
import { readIngestConfig } from './config.ts'

const REDDIT = { REDDIT_CLIENT_ID: 'an-id', REDDIT_USER_AGENT: 'linux:gravitas:0.1.0 (by /u/some_one)' }
const read = (env: Record<string, string>, args: string[] = []) => readIngestConfig(env, args).source

describe('reddit', () => {
  test('has the real origins and no secret by default', () => {
    expect(read({ SOURCE: 'reddit', ...REDDIT })).toEqual({
      kind: 'reddit',
      clientId: 'an-id',
      clientSecret: undefined,
      userAgent: 'linux:gravitas:0.1.0 (by /u/some_one)',
      subreddits: undefined,
      authUrl: 'https://www.reddit.com',
      apiUrl: 'https://oauth.reddit.com',
      pollIntervalMs: 1_000,
      check: false,
    })
  })

  test('prefers the list of the arguments to that of the environment', () => {
    const source = read({ ...REDDIT, SUBREDDITS: 'x1,y1' }, [
      '--source',
      'reddit',
      '--subreddits',
      'AskScience,r/memes',
    ])
    expect(source).toMatchObject({ subreddits: new Set(['askscience', 'memes']) })
  })

  test('accepts a secret, other origins, an interval and --check', () => {
    const env = {
      REDDIT_CLIENT_SECRET: 's',
      REDDIT_AUTH_URL: 'http://127.0.0.1:1',
      REDDIT_API_URL: 'http://127.0.0.1:2/',
    }
    expect(read({ ...REDDIT, ...env, POLL_INTERVAL_MS: '100' }, ['--source', 'reddit', '--check'])).toMatchObject({
      clientSecret: 's',
      authUrl: 'http://127.0.0.1:1',
      apiUrl: 'http://127.0.0.1:2',
      pollIntervalMs: 100,
      check: true,
    })
  })

  test('names every problem at once', () => {
    const env = {
      SOURCE: 'reddit',
      POLL_INTERVAL_MS: '99',
      REDDIT_API_URL: 'https://x.test/path',
      REDDIT_AUTH_URL: 'ftp://x',
      SUBREDDITS: 'a b,x',
    }
    expect(() => read(env)).toThrow(
      /REDDIT_CLIENT_ID is needed[^]*REDDIT_USER_AGENT is needed[^]*"a b", "x"[^]*REDDIT_AUTH_URL[^]*REDDIT_API_URL[^]*POLL_INTERVAL_MS/,
    )
  })

  test.each([
    ['gravitas'],
    ['Mozilla/5.0 (X11; Linux x86_64)'],
    ['linux:gravitas:0.1.0'],
    ['linux:gravitas:0.1.0 (by someone)'],
    ['linux:gravitas:0.1.0 (by /u/<name>)'],
  ])('refuses the user agent %j', (userAgent) => {
    expect(() => read({ SOURCE: 'reddit', ...REDDIT, REDDIT_USER_AGENT: userAgent })).toThrow(
      /REDDIT_USER_AGENT must read <platform>:<app id>:<version> \(by \/u\/<your name>\)/,
    )
  })
})

describe('arctic-shift and rss', () => {
  test.each(['arctic-shift', 'rss'])('%s needs a list and no account', (kind) => {
    expect(() => read({ SOURCE: kind })).toThrow(/SUBREDDITS \(or --subreddits\) is needed/)
    expect(read({ SOURCE: kind, SUBREDDITS: 'AskScience' })).toMatchObject({
      kind,
      subreddits: new Set(['askscience']),
    })
  })

  test('read the setting of their own origin', () => {
    const env = { SUBREDDITS: 'a1', ARCTIC_SHIFT_URL: 'http://127.0.0.1:3', REDDIT_RSS_URL: 'http://127.0.0.1:4' }
    expect(read({ ...env, SOURCE: 'arctic-shift' })).toMatchObject({ url: 'http://127.0.0.1:3' })
    expect(read({ ...env, SOURCE: 'rss' })).toMatchObject({ url: 'http://127.0.0.1:4' })
  })
})

test.each([
  [['--source', 'demo', '--check'], /--check goes with --source reddit/],
  [['--source', 'rss', '--subreddits', 'a1', '--follow'], /--follow goes with --source dump, not with rss/],
  [['--source', 'none', '--subreddits', 'a1'], /--subreddits goes with --source dump/],
  [['--source', 'demo', 'a file'], /Files \(a file\) go with --source dump, not with demo/],
  [['--source', 'reddit', '--subreddits', 'a b'], /"a b" cannot be the name of a subreddit/],
  [['--source', 'telepathy'], /telepathy.*Allowed choices are demo/],
  [['--source', 'dump'], /Name at least one file/],
  [['--source', 'dump', '--follow', 'a', 'b'], /--follow takes one file/],
  [['--source', 'dump', '--follow', '-'], /--follow needs a file/],
  [['--source'], /'--source <name>' argument missing/],
  [['--sauce', 'demo'], /Unknown option '--sauce'/],
])('refuses %j with the reason and how to get help, whatever the settings are', (args, reason) => {
  const refused = () => read({ NATS_PORT: 'x' }, args)
  expect(refused).toThrow(UsageError)
  expect(refused).toThrow(reason)
  expect(refused).toThrow(/npm run ingest -- --help/)
})
