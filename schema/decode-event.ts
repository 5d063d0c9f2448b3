import { Compile } from 'typebox/compile'
import { EVENT_TYPES, EVENTS, subjectOf, type EventType, type GravitasEvent } from './events.ts'
import { EventRejectedError } from './runtime/errors.ts'

interface Validator {
  Check(value: unknown): boolean
  Errors(value: unknown): Iterable<{ instancePath: string; message: string }>
}

const validators = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, Compile(EVENTS[type].schema)]),
) as unknown as Readonly<Record<EventType, Validator>>

const MAX_AHEAD_SECONDS = 86_400
const AHEAD = 'is more than a day ahead of the clock'
const NAME = /^[A-Za-z]{1,40}$/
const text = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes and validates one event, at a cost of about a microsecond. Fields that the schema does not know are ignored.
 * The event must be published on its own subject: readers select by subject, so an event under that of another type,
 * subreddit or scoring model would reach some readers and not others.
 * @param data the message's bytes: UTF-8 JSON
 * @param subject where it was published
 * @param storedAtMs when the log stored the message (milliseconds since the epoch), so that a replay judges it the same
 * @throws EventRejectedError with a reason for people; the message belongs in DEAD
 */
export function decodeEvent(data: Uint8Array, subject: string, storedAtMs: number): GravitasEvent {
  let json: unknown
  try {
    json = JSON.parse(text.decode(data))
  } catch (cause) {
    throw new EventRejectedError('not UTF-8 JSON', { cause })
  }
  const event = checkEvent(json, storedAtMs)
  const expected = subjectOf(event)
  // The reason is made of checked fields only, because a subject may have any length.
  if (subject !== expected)
    throw new EventRejectedError(`${event.type} does not belong under this subject, but under ${expected}`)
  return event
}

/** Like {@link decodeEvent}, but returns undefined for an invalid event. */
export function decodeValidEvent(data: Uint8Array, subject: string, storedAtMs: number): GravitasEvent | undefined {
  try {
    return decodeEvent(data, subject, storedAtMs)
  } catch (error) {
    if (error instanceof EventRejectedError) return undefined
    throw error
  }
}

/** Validates a parsed event; like {@link decodeEvent} without the parsing. */
export function checkEvent(json: unknown, storedAtMs: number): GravitasEvent {
  const type = (json as { type?: unknown } | null)?.type
  if (typeof type !== 'string') throw new EventRejectedError('an event is a JSON object with a type')
  if (!Object.hasOwn(validators, type)) {
    // A reason is not erased with its event, so it names no other text.
    const name = NAME.test(type) ? ` ${type}` : ''
    throw new EventRejectedError(`unknown event type${name}`)
  }
  const validator = validators[type as EventType]
  if (!validator.Check(json)) throw new EventRejectedError(describe(type, validator.Errors(json)))
  const event = json as GravitasEvent
  const latest = storedAtMs / 1000 + MAX_AHEAD_SECONDS
  if ('created_utc' in event && event.created_utc > latest)
    throw new EventRejectedError(`${type}: created_utc ${AHEAD}`)
  if ('hour_utc' in event && event.hour_utc > latest) throw new EventRejectedError(`${type}: hour_utc ${AHEAD}`)
  return event
}

function describe(type: string, errors: Iterable<{ instancePath: string; message: string }>): string {
  const [first] = errors
  if (first === undefined) return `${type}: invalid`
  return `${type}${first.instancePath === '' ? '' : ' ' + first.instancePath.slice(1)}: ${first.message}`
}
