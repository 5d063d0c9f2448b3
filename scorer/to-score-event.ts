import type { PostScored, PostSubmitted } from '../schema/events.ts'

/** @param sequence the post's sequence in POSTS */
export const toScoreEvent = (
  post: PostSubmitted,
  sequence: number,
  model: string,
  seriousness: number,
): PostScored => ({
  type: 'PostScored',
  post_id: post.id,
  subreddit: post.subreddit,
  created_utc: post.created_utc,
  model,
  seriousness,
  post_sequence: sequence,
})
