import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEvent } from './decode-event.ts'
import { encodeEvent, subjectOf, type GravitasEvent } from './events.ts'
import { EventRejectedError } from './runtime/errors.ts'
import { hourCovered, postErased, postScored, postSubmitted } from './testing/builders.ts'
import { fuzz } from './testing/fuzz.ts'
import { HOSTILE_TEXTS, hostileJson, mutatedBytes, mutatedJson } from './testing/mutations.ts'

const EVENTS: readonly GravitasEvent[] = [
  postSubmitted({ selftext: 'It **expands**. 🧊' }),
  postScored(),
  postErased({ post_sequences: [1, 5] }),
  hourCovered(),
  { type: 'ModelPromoted', model: 'serious-1' },
]
const SUBJECTS = EVENTS.map(subjectOf)
const NOW_MS = 1_764_100_000_000
const MAX_REASON_LENGTH = 400

const toBytes = (json: unknown): Buffer => Buffer.from(JSON.stringify(json))
const message = fc.record({
  subject: fc.oneof(fc.constantFrom(...SUBJECTS), fc.constantFrom(...HOSTILE_TEXTS)),
  data: fc.oneof(
    mutatedJson(...EVENTS).map(toBytes),
    hostileJson.map(toBytes),
    mutatedBytes(...EVENTS.map(encodeEvent)),
    fc.uint8Array({ maxLength: 200 }),
  ),
})

test('any message is an event, or is refused with a short reason of one line', () =>
  fuzz(
    message,
    ({ data, subject }) => {
      let event: GravitasEvent
      try {
        event = decodeEvent(data, subject, NOW_MS)
      } catch (error) {
        expect(error).toBeInstanceOf(EventRejectedError)
        const { message: reason } = error as Error
        expect(reason.length).toBeLessThan(MAX_REASON_LENGTH)
        expect(reason).not.toMatch(/\p{Cc}/u)
        return
      }
      expect(decodeEvent(Buffer.from(encodeEvent(event)), subject, NOW_MS)).toEqual(event)
      expect(subjectOf(event)).toBe(subject)
    },
    2_000,
  ))
