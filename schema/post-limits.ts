/**
 * How long the texts of an event may be, in characters. Reddit's own limits are 300 for a title and 40,000 for a text.
 * These limits keep a post within a message of the log, and bound what one event costs every reader. `cutText` counts
 * UTF-16 units and the events' schemas count code points, which are never more.
 */
export const MAX_TITLE_LENGTH = 1_000
export const MAX_SELFTEXT_LENGTH = 100_000
export const MAX_PERMALINK_LENGTH = 2_000
export const MAX_URL_LENGTH = 20_000
export const MAX_FLAIR_LENGTH = 1_000
/** Why a post was erased. */
export const MAX_REASON_LENGTH = 1_000

/** At most `max` UTF-16 units of a text, never half a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}
