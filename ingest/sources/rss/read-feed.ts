import { parseXml, XmlElement } from '@rgrove/parse-xml'
import { isPostId } from '../../../schema/post-id.ts'
import type { Submission } from '../listing/listing-page.ts'
import { htmlToText, linkOf, textPartOf } from './html.ts'

/**
 * Reads the posts of a feed, newest first. They have the fields of the API as far as a feed contains them, but not the author.
 * @throws when the text is not XML, or not an Atom feed
 */
export function readFeed(xml: string): Submission[] {
  const { root } = parseXml(xml)
  if (root?.name !== 'feed') throw new Error('not an Atom feed')
  return childrenOf(root, 'entry')
    .map(toSubmission)
    .filter((entry) => entry !== undefined)
}

function toSubmission(entry: XmlElement): Submission | undefined {
  const id = textOf(entry, 'id')
    .toLowerCase()
    .replace(/^.*t3_/, '')
  if (!isPostId(id)) return undefined
  const createdMs = Date.parse(textOf(entry, 'published') || textOf(entry, 'updated'))
  const createdUtc = Number.isNaN(createdMs) ? undefined : createdMs / 1_000
  const permalink = pathOf(childrenOf(entry, 'link')[0]?.attributes['href'])
  const content = textOf(entry, 'content')
  const url = linkOf(content)
  const data = {
    id,
    subreddit: childrenOf(entry, 'category')[0]?.attributes['term'] ?? subredditOf(permalink),
    title: textOf(entry, 'title'),
    selftext: htmlToText(textPartOf(content)),
    created_utc: createdUtc,
    permalink,
    url,
    is_self: url === undefined ? undefined : pathOf(url) === permalink,
  }
  return { id, createdUtc, data }
}

const childrenOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child instanceof XmlElement).filter((child) => child.name === name)

const textOf = (element: XmlElement, name: string): string => childrenOf(element, name)[0]?.text.trim() ?? ''

const pathOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined

const subredditOf = (permalink: string | undefined): string | undefined => permalink?.split('/')[2]
