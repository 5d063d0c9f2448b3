import type { HourCovered, PostErased, PostScored, PostSubmitted } from '../events.ts'

/** A valid PostSubmitted; override the fields that a test is about. */
export const postSubmitted = (overrides: Partial<PostSubmitted> = {}): PostSubmitted => ({
  type: 'PostSubmitted',
  id: '1abcde',
  subreddit: 'AskScience',
  title: 'Why does ice float on water?',
  selftext: '',
  created_utc: 1_764_000_000,
  permalink: '/r/AskScience/comments/1abcde/why_does_ice_float_on_water/',
  is_self: true,
  over_18: false,
  link_flair_text: null,
  source: 'test',
  ...overrides,
})

/** A valid PostScored; override the fields that a test is about. */
export const postScored = (overrides: Partial<PostScored> = {}): PostScored => ({
  type: 'PostScored',
  post_id: '1abcde',
  subreddit: 'AskScience',
  created_utc: 1_764_000_000,
  model: 'serious-1',
  seriousness: 0.8731,
  ...overrides,
})

/** A valid PostErased; override the fields that a test is about. */
export const postErased = (overrides: Partial<PostErased> = {}): PostErased => ({
  type: 'PostErased',
  post_id: '1abcde',
  subreddit: 'AskScience',
  created_utc: 1_764_000_000,
  reason: 'deleted by its author',
  ...overrides,
})

/** A valid HourCovered; override the fields that a test is about. */
export const hourCovered = (overrides: Partial<HourCovered> = {}): HourCovered => ({
  type: 'HourCovered',
  source: 'reddit',
  subreddit: null,
  hour_utc: 1_764_072_000,
  expected: 61_200,
  seen: 60_012,
  erased: 310,
  unknown: 878,
  coverage: 0.985,
  ...overrides,
})
