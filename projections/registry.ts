import { allTime } from './all-time/projection.ts'
import { hourly } from './hourly/projection.ts'
import { posts } from './posts/projection.ts'
import type { Projection } from './projection.ts'

/** Every read model by its name. */
export const projections: Readonly<Record<string, Projection<unknown>>> = { posts, hourly, 'all-time': allTime }
