const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }
const MAX_CODE_POINT = 0x10ffff
const TEXT_START = '<!-- SC_OFF -->'
const TEXT_END = '<!-- SC_ON -->'

/**
 * Returns the part of an entry's HTML that is the post's own text, which Reddit marks with comments; empty for a link. The rest of
 * the HTML is a preview and the name of the author.
 */
export function textPartOf(html: string): string {
  const start = html.indexOf(TEXT_START)
  const end = start < 0 ? -1 : html.indexOf(TEXT_END, start)
  return end < 0 ? '' : html.slice(start + TEXT_START.length, end)
}

/** Returns the address of the entry's `[link]`; undefined when it has none. */
export function linkOf(html: string): string | undefined {
  const href = /<a href="([^"]*)">\[link\]<\/a>/.exec(html)?.[1]
  return href === undefined ? undefined : decodeEntities(href)
}

/**
 * Converts HTML to plain text, with a line for each paragraph, list item, table row or line break. The time grows with the
 * length only: no pattern looks beyond the next tag.
 */
export function htmlToText(html: string): string {
  const lines = withoutComments(html)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/<(?:br|hr)\b[^<>]*>|<\/(?:p|li|tr|h\d|pre|blockquote|div)>/gi, '\n')
    .replaceAll(/<[^<>]*>/g, '')
  return decodeEntities(lines)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}

function withoutComments(html: string): string {
  const parts = html.split('-->')
  const last = parts.pop()!
  const kept = parts.map((part) => {
    const start = part.indexOf('<!--')
    return start < 0 ? `${part}-->` : part.slice(0, start)
  })
  return kept.join('') + last
}

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole
      const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return point <= MAX_CODE_POINT ? String.fromCodePoint(point) : whole
    },
  )
}
