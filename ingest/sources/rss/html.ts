const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }
const MAX_CODE_POINT = 0x10ffff

/**
 * Returns the part of an entry's HTML that is the post's own text, which Reddit marks with comments; empty for a link. The rest of
 * the HTML is a preview and the name of the author.
 */
export function textPartOf(html: string): string {
  return /<!-- SC_OFF -->([^]*?)<!-- SC_ON -->/.exec(html)?.[1] ?? ''
}

/** Returns the address of the entry's `[link]`; undefined when it has none. */
export function linkOf(html: string): string | undefined {
  const href = /<a href="([^"]*)">\[link\]<\/a>/.exec(html)?.[1]
  return href === undefined ? undefined : decodeEntities(href)
}

/** Converts HTML to plain text, with a line for each paragraph, list item, table row or line break. */
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
