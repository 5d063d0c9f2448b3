import type { TextPost } from '../models/features.ts'

export interface InputPost extends TextPost {
  /** As it was given, so that scores can be joined to whatever they were made from. */
  readonly id: string | number
}

/**
 * A post as a dump, the API or this system's own events have it. What stands in `id` is handed through, or what stands in
 * `name` where there is none.
 * @returns in words what is wrong, where it is no post
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
  // A number beyond what JavaScript holds would come out as another one.
  if (!(typeof key === 'string' && key !== '') && !Number.isSafeInteger(key))
    return '"id" has to be a string or a whole number'
  if (typeof title !== 'string') return '"title" has to be a string'
  return { id: key as string | number, title, selftext: typeof selftext === 'string' ? selftext : null }
}
