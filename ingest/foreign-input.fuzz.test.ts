import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent } from '../schema/decode-event.ts'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'
import { fuzz } from '../schema/testing/fuzz.ts'
import { hostileJson, hostileText, mutatedBytes, mutatedJson } from '../schema/testing/mutations.ts'
import { TransientError } from './http/errors.ts'
import { readListing } from './sources/listing/listing-page.ts'
import { htmlToText, linkOf, textPartOf } from './sources/rss/html.ts'
import { readFeed } from './sources/rss/read-feed.ts'
import { toPostEvent, wasDeletedLater } from './to-post-event.ts'

const NOW_MS = 1_764_100_000_000
const SUBMISSION = {
  id: '1abcde',
  name: 't3_1abcde',
  subreddit: 'AskScience',
  title: 'Why does ice float on water?',
  selftext: 'It expands. ❄',
  created_utc: 1_764_000_000,
  permalink: '/r/AskScience/comments/1abcde/why/',
  url: 'https://example.org/',
  is_self: true,
  over_18: false,
  link_flair_text: 'Physics',
  author: 'somebody',
  _meta: { was_deleted_later: false },
}
const LISTING = { kind: 'Listing', data: { after: 't3_1abcde', children: [{ kind: 't3', data: SUBMISSION }] } }
const ENTRY = `<entry><id>t3_1abcde</id><title>Why?</title><published>2025-11-24T16:00:00+00:00</published>
  <category term="AskScience"/><link href="https://www.reddit.com/r/AskScience/comments/1abcde/why/"/>
  <content type="html">&lt;!-- SC_OFF --&gt;&lt;p&gt;It &amp;amp; that&lt;/p&gt;&lt;!-- SC_ON --&gt; &lt;a href="https://example.org/"&gt;[link]&lt;/a&gt;</content></entry>`
const FEED = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">${ENTRY}${ENTRY}</feed>`
const HTML = '<!-- SC_OFF --><div><p>a &lt; b &#128512; &#x1F600;</p><br/></div><!-- SC_ON --><a href="x">[link]</a>'

/** Whatever a source accepts must be an event that every reader of the log accepts. */
function requireEventOrReason(submission: unknown): void {
  try {
    void wasDeletedLater(submission)
    const event = toPostEvent(submission, 'dump', NOW_MS)
    expect(decodeEvent(Buffer.from(encodeEvent(event)), subjectOf(event), NOW_MS)).toEqual(event)
    expect(event).not.toHaveProperty('author')
  } catch (error) {
    expect(error).toBeInstanceOf(EventRejectedError)
  }
}

describe('foreign input', () => {
  test('any JSON is a post, or is refused with a reason', () =>
    fuzz(fc.oneof(mutatedJson(SUBMISSION), hostileJson), requireEventOrReason, 1_000))

  test('any JSON is a listing of posts, or is refused', () =>
    fuzz(fc.oneof(mutatedJson(LISTING), hostileJson), (json) => {
      try {
        for (const { data } of readListing(json).items) requireEventOrReason(data)
      } catch (error) {
        expect(error).toBeInstanceOf(TransientError)
      }
    }))

  test('any text is a feed of posts, or is refused', () =>
    fuzz(mutatedBytes(FEED), (bytes) => {
      let posts: readonly { readonly data: unknown }[] = []
      try {
        posts = readFeed(bytes.toString())
      } catch (error) {
        expect((error as Error).message).toMatch(/./)
      }
      for (const { data } of posts) requireEventOrReason(data)
    }))

  test('any HTML becomes text', () =>
    fuzz(fc.oneof(mutatedBytes(HTML).map(String), hostileText), (html) => {
      expect(typeof `${htmlToText(html)}${textPartOf(html)}${linkOf(html)}`).toBe('string')
    }))
})
