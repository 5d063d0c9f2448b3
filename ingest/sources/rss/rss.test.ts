import { describe, expect, test } from 'vitest'
import { inOrder, HOUR, MINUTE, SECOND, START_MS, steadily } from '../../testing/simulated-setting.ts'
import { SimulatedClock } from '../../testing/simulated-clock.ts'
import { StandInFeed } from '../../testing/stand-in-feed.ts'
import type { StandInPost } from '../../testing/stand-in-listing.ts'
import { silentLogger, TestWorld } from '../../testing/test-source.ts'
import { htmlToText, linkOf, textPartOf } from './html.ts'
import { readFeed } from './read-feed.ts'
import { createRss } from './rss.ts'

function setUp(posts: readonly StandInPost[], subreddits: readonly string[]) {
  const clock = new SimulatedClock(START_MS)
  const feed = new StandInFeed(posts, () => clock.trueMs)
  const outside = {
    clock,
    fetch: async (request: Parameters<StandInFeed['handle']>[0]) => feed.handle(request),
    random: () => 1,
  }
  const common = { userAgent: 'x', pollIntervalMs: SECOND, check: false, url: 'http://rss.test' }
  const create = () => createRss({ kind: 'rss', subreddits: new Set(subreddits), ...common }, silentLogger, outside)
  return { clock, feed, create, world: new TestWorld(clock) }
}

const notStored = (stored: ReadonlySet<string>, posts: readonly StandInPost[]): string[] =>
  posts.map(({ id }) => id).filter((id) => !stored.has(id))

describe('rss', () => {
  test('reads one feed a minute, and stores nothing twice', async () => {
    const posts = inOrder(steadily('a1', 10 * MINUTE, -HOUR, 2 * HOUR), steadily('b1', 15 * MINUTE, -HOUR, 2 * HOUR, 5))
    const { feed, create, world } = setUp(posts, ['a1', 'b1'])
    await world.run(create(), 2 * HOUR)
    expect(notStored(world.sink.stored, posts)).toEqual([])
    expect(world.sink.storedTwice).toEqual([])
    expect(feed.log.every(({ atMs }, index) => index === 0 || atMs - feed.log[index - 1]!.atMs >= MINUTE)).toBe(true)
    expect(feed.log[0]!.url).toBe('http://rss.test/r/a1+b1/new/.rss?limit=100')
    expect(feed.log.filter(({ status }) => status === 304).length).toBeGreaterThan(90)
  })

  test('posts that a feed no longer shows after a stop are a coverage gap', async () => {
    const posts = steadily('a1', MINUTE, -HOUR, 12 * HOUR)
    const { clock, create, world } = setUp(posts, ['a1'])
    await world.run(create(), 30 * MINUTE)
    await clock.pass(10 * HOUR)
    await world.run(create(), 30 * MINUTE)
    expect(world.gaps).toHaveLength(1)
    const { from, until } = world.gaps[0]!
    const inGap = ({ createdMs }: StandInPost): boolean =>
      createdMs >= Date.parse(from) - MINUTE && createdMs <= Date.parse(until) + 5 * MINUTE
    const due = posts.filter(({ createdMs }) => createdMs >= START_MS && createdMs < clock.trueMs - 5 * MINUTE)
    expect(
      notStored(
        world.sink.stored,
        due.filter((post) => !inGap(post)),
      ),
    ).toEqual([])
  })
})

test('an entry is read as a post without its author', () => {
  const [post] = readFeed(
    `<feed><entry><author><name>/u/someone</name></author><category term="AskScience"/><id>t3_1abc</id>
     <content type="html">&lt;!-- SC_OFF --&gt;&lt;div class="md"&gt;&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;three&lt;/p&gt;&lt;/div&gt;&lt;!-- SC_ON --&gt;
     submitted by &lt;a href="https://x.test/user/someone"&gt;/u/someone&lt;/a&gt; &lt;a href="https://x.test/a?b=1&amp;amp;c=2"&gt;[link]&lt;/a&gt;</content>
     <link href="https://www.reddit.com/r/AskScience/comments/1abc/why/"/><published>2026-01-01T00:00:00+00:00</published>
     <title>Why &amp; how?</title></entry><entry><id>t5_2qh1</id></entry></feed>`,
  )
  expect(post!.data).toEqual({
    id: '1abc',
    subreddit: 'AskScience',
    title: 'Why & how?',
    selftext: 'One & two\nthree',
    created_utc: Date.UTC(2026, 0, 1) / 1_000,
    permalink: '/r/AskScience/comments/1abc/why/',
    url: 'https://x.test/a?b=1&c=2',
    is_self: false,
  })
})

test.each([
  ['', /root element/i],
  ['not XML', /./],
  ['<feed><entry>', /./],
  ['<html></html>', 'not an Atom feed'],
])('%j is not a feed', (text, reason) => {
  expect(() => readFeed(text)).toThrow(reason)
})

test('HTML is converted to plain text', () => {
  const html =
    '<div class="md"><h1>Title</h1> <p>a <em>b</em>&#39;s<br/>c</p><ul>\n<li>d</li><li>&lt;e&gt; &unknown;</li></ul></div>'
  expect(htmlToText(html)).toBe("Title\na b's\nc\nd\n<e> &unknown;")
  expect(htmlToText('&#x1F600; &#99999999;')).toBe('😀 &#99999999;')
  expect(textPartOf('<table><a href="x"><img/></a></table> submitted by x')).toBe('')
  expect(linkOf('no link')).toBeUndefined()
})

test('the time to read HTML grows with its length only', () => {
  for (const piece of ['<', '<!--', '-->', '<!-- SC_OFF -->', '<a href="', '<br', '</p', '&#'])
    expect(htmlToText(textPartOf(`<!-- SC_OFF -->${piece.repeat(300_000)}<!-- SC_ON -->`))).toBeTypeOf('string')
})
