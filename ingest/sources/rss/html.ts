const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }
const MAX_CODE_POINT = 0x10ffff

/**
 * The part of an entry's HTML that is the post's own text; empty for a link. Around it stand a preview and who submitted
 * it. Reddit marks it with comments.
 */
export function textPartOf(html: string): string {
  return /<!-- SC_OFF -->([^]*?)<!-- SC_ON -->/.exec(html)?.[1] ?? ''
}

/** Where the entry's `[link]` leads; undefined where it has none. */
export function linkOf(html: string): string | undefined {
  const href = /<a href="([^"]*)">\[link\]<\/a>/.exec(html)?.[1]
  return href === undefined ? undefined : decodeEntities(href)
}

/** HTML as plain text: a line for each paragraph, item, row or break. */
export function htmlToText(html: string): string {
  const lines = html
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/<(?:br|hr)\b[^>]*>|<\/(?:p|li|tr|h\d|pre|blockquote|div)>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
  return decodeEntities(lines)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
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
