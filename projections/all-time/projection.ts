import { tallyProjection } from '../tally/tally-projection.ts'

/** Seriousness by subreddit, over all time. */
export const projection = tallyProjection({ name: 'all-time', isRanked: true })
