import type { TextPost } from '../models/features.ts'

export interface InputPost extends TextPost {
  /** The id as it was given, so that scores can be joined to their input. */
  readonly id: string | number
}

/**
 * Reads a post in the form of a dump, of Reddit's API or of this system's own events. Its id is taken from `id`, or
 * else from `name`, and is not changed.
 * @returns the reason in words, if it is not a post
 */
export function parseInputPost(line: Buffer): InputPost | string {
  let json: unknown
  try {
    json = JSON.parse(line.toString('utf8'))
  } catch (error) {
    return `not JSON (${(error as Error).message})`
  }
  if (typeof json !== 'object' || json === null) return 'not a JSON object'
  const { id, name, title, selftext } = json as Readonly<Record<string, unknown>>
  const key = id ?? name
  // JavaScript would round a number that is too large.
  if (!(typeof key === 'string' && key !== '') && !Number.isSafeInteger(key))
    return '"id" has to be a string or a whole number'
  if (typeof title !== 'string') return '"title" has to be a string'
  return { id: key as string | number, title, selftext: typeof selftext === 'string' ? selftext : null }
}
