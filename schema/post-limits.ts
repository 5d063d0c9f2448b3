/**
 * The limits are in UTF-16 units. Reddit's own limits are 300 and 40,000. These limits keep a post within a message of
 * the log.
 */
export const MAX_TITLE_LENGTH = 1_000
export const MAX_SELFTEXT_LENGTH = 100_000

/** At most `max` UTF-16 units of a text, never half a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}
