export interface Seriousness {
  mean: number | null
  posts: number
  standardDeviation?: number | null
}
export interface SubredditSummary {
  name: string
  allTime: Seriousness
}
export interface Post {
  id: string
  subreddit: string
  title: string
  createdAt: string
  permalink: string | null
  seriousness: number | null
}
/** Log-odds: base, contributions and rest add up to those of the score. */
export interface Explanation {
  model: string
  seriousness: number
  base: number
  contributions: Contribution[]
  rest: number
}
export interface Contribution {
  feature: string
  logit: number
}
export interface HourlySeriousness {
  hour: string
  mean: number
  posts: number
}
/** How much was seen of what was posted in an hour: 0 to 1. */
export interface HourlyCoverage {
  hour: string
  share: number
}
export interface PageInfo {
  hasNextPage: boolean
  endCursor: string | null
}
export interface SourceCount {
  source: string
  posts: number
}
export interface Pipeline {
  model: string | null
  posts: number
  sources: SourceCount[]
  allTime: Seriousness
  streams: { name: string; messages: number; bytes: number; lastSequence: number }[]
  projections: {
    name: string
    lag: number
    holes: number
    checkpoints: { stream: string; sequence: number }[]
  }[]
}
