/** The most words that are left out one by one: each costs an inference. */
const MAX_PARTS = 64
/** A word: letters and digits of any script, or a run of marks. */
const WORD = /[\p{L}\p{M}\p{N}'’]+|[^\s\p{L}\p{M}\p{N}]+/gu

/** A text without one word, which is left out everywhere. */
export interface LeftOut {
  readonly feature: string
  readonly text: string
}

/**
 * Lists the different words of a text, each with the text without it; capitals make no difference. Words after the first 64
 * are left out together.
 */
export function leaveOut(text: string): LeftOut[] {
  const places = Map.groupBy(text.matchAll(WORD), ([word]) => word.toLowerCase())
  const [words, more] = [[...places].slice(0, MAX_PARTS), [...places.values()].slice(MAX_PARTS)]
  const parts = words.map(([feature, own]) => ({ feature, text: without(text, own) }))
  if (more.length === 0) return parts
  const rest = more.flat().toSorted((a, b) => a.index - b.index)
  return [...parts, { feature: `rest: ${more.length} further words`, text: without(text, rest) }]
}

function without(text: string, places: readonly RegExpExecArray[]): string {
  const pieces: string[] = []
  let from = 0
  for (const { index, 0: word } of places) {
    pieces.push(text.slice(from, index))
    from = index + word.length
  }
  return [...pieces, text.slice(from)].join('')
}
