const PERMALINK = /^\/(?:r|user)\/[A-Za-z0-9_-]+\/comments\/[a-z0-9]+(?:\/|$)/

/** The address of a post on Reddit; undefined without a valid permalink, as for the demo's invented posts. */
export const toRedditUrl = (permalink: string | null): string | undefined =>
  permalink !== null && PERMALINK.test(permalink) ? `https://www.reddit.com${permalink}` : undefined
