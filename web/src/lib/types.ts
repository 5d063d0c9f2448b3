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
export interface HourlySeriousness {
  hour: string
  mean: number
  posts: number
}
export interface PageInfo {
  hasNextPage: boolean
  endCursor: string | null
}
export interface Pipeline {
  posts: number
  sources: { source: string; posts: number }[]
  allTime: Seriousness
}
