import { subjectPrefix } from '../schema/events.ts'
import type { LogMessage } from './batch-writer.ts'

/** Some 200 ms of `posts`, whose full-text index makes an erasure cost a millisecond; an insert costs a hundredth. */
export const MAX_BATCH_ERASURES = 250
const ERASED_PREFIX = subjectPrefix('PostErased')

/** For one transaction: accepts messages up to so many erasures, so that it does not hold up heartbeats and live rows. */
export function limitErasures(most: number): (message: LogMessage) => boolean {
  let erasures = 0
  return ({ subject }) => !subject.startsWith(ERASED_PREFIX) || ++erasures <= most
}
