import { badInput } from './errors.ts'

/** Makes a cursor, which clients pass on unread: the kind of list it is for and a place in that list, in base64url. */
export const encodeCursor = (kind: string, ...place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([kind, ...place])).toString('base64url')

/**
 * Reads the place out of a cursor.
 * @param shape a sample of the place's types
 * @param required how many parts of the place a cursor must have; cursors of earlier versions had fewer
 * @throws BAD_USER_INPUT for anything that `encodeCursor` did not make for the same kind
 */
export function decodeCursor<const Shape extends readonly (string | number)[]>(
  cursor: string,
  kind: string,
  shape: Shape,
  required = shape.length,
): { [Index in keyof Shape]: Shape[Index] extends number ? number : string } {
  try {
    const [found, ...place] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const hasLength = place.length >= required && place.length <= shape.length
    if (found === kind && hasLength && place.every((part, index) => typeof part === typeof shape[index]))
      return place as never
  } catch {
    // A text that cannot be decoded is refused below, like the cursor of another list.
  }
  throw badInput('the cursor does not belong to this list in this order: leave it out to start from the beginning')
}
