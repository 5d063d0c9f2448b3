/**
 * Reddit's post ids are numbers in base 36. Read models key their rows by an integer made of the id, which keeps
 * ledgers small and inserts in id order fast.
 */
const POST_ID = /^[0-9a-z]{1,10}$/

/** Whether `id` is a base36 post id of 1 to 10 characters. */
export const isPostId = (id: string): boolean => POST_ID.test(id)

/** The id in the form that events use: in lower case, without the prefix of a full name (`t3_`). It is not validated. */
export const plainPostId = (id: string): string => id.toLowerCase().replace(/^t3_/, '')

/**
 * The integer key of a post id. A `1` is put before the id, so that ids with leading zeros stay
 * distinct; ten characters still fit a JavaScript safe integer (2 × 36^10 < 2^53).
 */
export const toPostKey = (id: string): number => Number.parseInt('1' + id, 36)

/** The post id of a key made by {@link toPostKey}. */
export const toPostId = (key: number): string => key.toString(36).slice(1)
