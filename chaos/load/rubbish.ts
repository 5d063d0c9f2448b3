import { encodeEvent, EVENTS, subjectOf, subjectPattern } from '../../schema/events.ts'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import type { ReadModelName } from '../../schema/read-models.ts'
import type { Draw } from '../random.ts'

export interface Rubbish {
  readonly subject: string
  readonly payload: Buffer
  /** The read model whose projector sends it to DEAD. */
  readonly reportedBy: ReadModelName
}

const SUBMITTED = subjectPattern('PostSubmitted').replace('*', 'askscience')
const ERASED = subjectPattern('PostErased').replace('*', 'askscience')
const SCORED = subjectOf(postScored())
const COVERED = EVENTS.HourCovered.subject({ source: 'chaos' })

const REPORTERS: Readonly<Record<string, ReadModelName>> = {
  [SUBMITTED]: 'posts',
  [ERASED]: 'posts',
  [SCORED]: 'all-time',
  [COVERED]: 'hourly',
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
    [SUBMITTED, text(encodeEvent(postSubmitted({ id, subreddit: 'elsewhere' })))],
    [SUBMITTED, text(encodeEvent(postSubmitted({ id, title: 'long '.repeat(300) })))],
    [ERASED, text(encodeEvent(postSubmitted({ id })))],
    [ERASED, text(`[${number}]`)],
    [SCORED, text(encodeEvent(postSubmitted({ id })))],
    [SCORED, text(encodeEvent(postScored({ post_id: id, seriousness: 1.5 })))],
    [SCORED, text(encodeEvent(postScored({ post_id: id, model: 'other-9' })))],
    [COVERED, text(`"${number}"`)],
  ]
  const [subject, payload] = draw.pick(kinds)
  return { subject, payload, reportedBy: REPORTERS[subject]! }
}
