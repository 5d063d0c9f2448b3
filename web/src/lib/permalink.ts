const PERMALINK = /^\/(?:r|user)\/[A-Za-z0-9_-]+\/comments\/[a-z0-9]+(?:\/|$)/

/** Where a post is on Reddit; undefined for one that is not there, such as an invented one. */
export const toRedditUrl = (permalink: string | null): string | undefined =>
  permalink !== null && PERMALINK.test(permalink) ? `https://www.reddit.com${permalink}` : undefined
