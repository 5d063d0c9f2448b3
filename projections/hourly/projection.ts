import { hourOf } from '../../schema/hours.ts'
import { tallyProjection } from '../tally/tally-projection.ts'
import { withCoverage } from './coverage.ts'

/** Seriousness by subreddit and hour of the post's creation, and how much of each hour the sources saw. */
export const projection = withCoverage(tallyProjection({ name: 'hourly', bucket: { column: 'hour', of: hourOf } }))
