import { badInput } from './errors.ts'

export const DEFAULT_PAGE = 50
export const MAX_PAGE = 1_000

/** @throws BAD_USER_INPUT outside 1…1000 */
export function checkPageSize(size: number): number {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE) return size
  throw badInput(`first must be a whole number from 1 to ${MAX_PAGE}`)
}
