import { encodeEvent, EVENTS, subjectOf, subjectPattern } from '../../schema/events.ts'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import type { Draw } from '../random.ts'

export interface Rubbish {
  readonly subject: string
  readonly payload: Buffer
  /** The processes that reject it: each sends it to DEAD. */
  readonly rejectedBy: readonly string[]
}

const SUBMITTED = subjectPattern('PostSubmitted').replace('*', 'askscience')
const ERASED = subjectPattern('PostErased').replace('*', 'askscience')
const SCORED = subjectOf(postScored())
const COVERED = EVENTS.HourCovered.subject({ source: 'chaos' })

/** The processes that read each subject. hourly and all-time follow POSTS with a filter for erasures. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  [SUBMITTED]: ['posts', 'scorer'],
  [ERASED]: ['posts', 'hourly', 'all-time'],
  [SCORED]: ['posts', 'hourly', 'all-time'],
  [COVERED]: ['hourly'],
}

/** An invalid event of one of many kinds. `number` makes its bytes differ from all others. */
export function generateRubbish(draw: Draw, number: number): Rubbish {
  const text = (value: string): Buffer => Buffer.from(value)
  const id = `zz${number.toString(36)}`
  const kinds: readonly (readonly [string, Buffer])[] = [
    [SUBMITTED, text(`rubbish ${number} {`)],
    [SUBMITTED, Buffer.concat([Buffer.from([0xff, 0xfe, 0xc3]), text(String(number))])],
    [SUBMITTED, text(encodeEvent(postSubmitted({ id: `NO ID ${number}` })))],
    [SUBMITTED, text(encodeEvent(postSubmitted({ id, created_utc: 32_503_680_000 })))],
    [SUBMITTED, text(JSON.stringify({ type: 'PostBoiled', id }))],
    [SUBMITTED, text(encodeEvent(postScored({ post_id: id })))],
    [SUBMITTED, text(encodeEvent(postErased({ post_id: id })))],
    [ERASED, text(encodeEvent(postSubmitted({ id })))],
    [ERASED, text(`[${number}]`)],
    [SCORED, text(encodeEvent(postSubmitted({ id })))],
    [SCORED, text(encodeEvent(postScored({ post_id: id, seriousness: 1.5 })))],
    [COVERED, text(`"${number}"`)],
  ]
  const [subject, payload] = draw.pick(kinds)
  return { subject, payload, rejectedBy: READERS[subject]! }
}
