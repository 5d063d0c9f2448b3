import { parseJson } from '../schema/runtime/parse-json.ts'
import { isPostId, plainPostId } from '../schema/post-id.ts'

export type Json = Readonly<Record<string, unknown>>

/** Posts by their ids in lower case, each with the JSON object that states the id; undefined when no object does. */
export type FoundPosts = Map<string, Json | undefined>

const FULL_NAME = /^\s*t3_/i
const COMMENTS_OF = /\/comments\/([0-9a-z]{1,10})(?![0-9a-z])/gi
/** Patterns that find ids in incomplete JSON, and in text that is not JSON. */
const IN_TEXT = [
  /"(?:id|post_id)"\s*:\s*"?(?:t3_)?([0-9a-z]{1,10})(?![0-9a-z])/gi,
  /(?<![0-9a-z])t3_([0-9a-z]{1,10})(?![0-9a-z])/gi,
  COMMENTS_OF,
] as const

/** Finds the posts whose ids occur in a text: in JSON of any shape, in incomplete JSON, or in anything else. */
export function findPostsInText(text: string): FoundPosts {
  const json = parseJson(text)
  const found: FoundPosts = json === undefined ? new Map() : findPosts(json)
  // When a key occurs twice in an object, parsing keeps only its last value. Patterns find the others in the text.
  const patterns = json === undefined ? IN_TEXT : IN_TEXT.slice(0, 1)
  for (const pattern of patterns) {
    for (const [, id] of text.matchAll(pattern)) {
      const plain = id!.toLowerCase()
      if (!found.has(plain)) found.set(plain, undefined)
    }
  }
  return found
}

/** Finds the posts whose ids occur in JSON of any shape: at any depth, in lists, and in JSON within a string. */
export function findPosts(json: unknown): FoundPosts {
  const found: FoundPosts = new Map()
  // A loop instead of recursion, because JSON may be nested deeper than the stack.
  for (const pending = [json]; pending.length > 0;) {
    const value = pending.pop()
    if (typeof value === 'string') {
      if (/^\s*[{["]/.test(value)) pending.push(parseJson(value))
    } else if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) for (const id of idsOf(value as Json)) if (!found.has(id)) found.set(id, value as Json)
      for (const child of Object.values(value)) pending.push(child)
    }
  }
  return found
}

/** The ids that an object states. Its `url` counts only when no other field states an id, because a post may link to another. */
function idsOf(object: Json): string[] {
  const ids: string[] = []
  let url: unknown
  for (const [key, value] of Object.entries(object)) {
    const name = key.toLowerCase()
    const isName = name === 'name' && typeof value === 'string' && FULL_NAME.test(value)
    if (name === 'id' || name === 'post_id' || isName) ids.push(...toIds(toPostId(value)))
    else if (name === 'permalink') ids.push(...commentsIn(value))
    else if (name === 'url') url = value
  }
  return ids.length > 0 ? ids : commentsIn(url)
}

const toIds = (id: string | undefined): string[] => (id === undefined ? [] : [id])

const commentsIn = (url: unknown): string[] =>
  typeof url === 'string' ? Array.from(url.matchAll(COMMENTS_OF), ([, id]) => id!.toLowerCase()) : []

/** Base36 in lower case, without `t3_`; undefined for other values. An id that has only digits may be a number. */
export function toPostId(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const id = plainPostId(String(value).trim())
  return isPostId(id) ? id : undefined
}
