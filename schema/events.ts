import { HOUR_SECONDS } from './hours.ts'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { EventRejectedError } from './runtime/errors.ts'
import { subjects } from './subjects.ts'

/**
 * The events, as JSON Schemas from which their types come. Field names are Reddit's own. Decoders validate at a cost
 * of about a microsecond and ignore fields that they do not know. How long texts may be, the size of a message limits.
 */
const PostId = Type.String({ pattern: '^[0-9a-z]{1,10}$' })
const Subreddit = Type.String({ pattern: '^[A-Za-z0-9_]{2,24}$' })
const EARLIEST_CREATED_UTC = Date.UTC(2005, 0, 1) / 1000
const CreatedUtc = Type.Integer({ minimum: EARLIEST_CREATED_UTC, maximum: 253_402_300_799 })
export const MODEL_NAME_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'
const ModelName = Type.String({ pattern: MODEL_NAME_PATTERN })
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const Sequences = Type.Array(Type.Integer({ minimum: 1 }))

export const PostSubmitted = Type.Object({
  type: Type.Literal('PostSubmitted'),
  id: PostId,
  subreddit: Subreddit,
  title: Type.String(),
  selftext: nullable(Type.String()),
  created_utc: CreatedUtc,
  permalink: nullable(Type.String()),
  url: nullable(Type.String()),
  is_self: nullable(Type.Boolean()),
  over_18: nullable(Type.Boolean()),
  link_flair_text: nullable(Type.String()),
  source: nullable(Type.String()),
})
export type PostSubmitted = Static<typeof PostSubmitted>

export const PostErased = Type.Object({
  type: Type.Literal('PostErased'),
  post_id: PostId,
  subreddit: Subreddit,
  created_utc: CreatedUtc,
  reason: nullable(Type.String()),
  /** Sequences of its messages in POSTS and in SCORES that are deleted: by them a replay tells an erasure from a loss. */
  post_sequences: Type.Optional(Sequences),
  score_sequences: Type.Optional(Sequences),
})
export type PostErased = Static<typeof PostErased>

export const PostScored = Type.Object({
  type: Type.Literal('PostScored'),
  post_id: PostId,
  subreddit: Subreddit,
  created_utc: CreatedUtc,
  model: ModelName,
  /** 0 (banter) to 1 (serious), four decimals. */
  seriousness: Type.Number({ minimum: 0, maximum: 1 }),
  /** Sequence in POSTS of the PostSubmitted that was scored: lets a reader wait for the cause of a score. */
  post_sequence: Type.Optional(Type.Integer({ minimum: 1 })),
})
export type PostScored = Static<typeof PostScored>

export const ModelPromoted = Type.Object({ type: Type.Literal('ModelPromoted'), model: ModelName })
export type ModelPromoted = Static<typeof ModelPromoted>

/** A token of a subject, as a model's name is. */
const SourceName = Type.String({ pattern: MODEL_NAME_PATTERN })
/** What a GraphQL Int holds. */
const Count = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

/**
 * How much of an hour a source saw of what was posted in it. A later event of the same source, subreddit and hour
 * replaces the earlier one: the source knows more by then.
 */
export const HourCovered = Type.Object({
  type: Type.Literal('HourCovered'),
  source: SourceName,
  /** Null: all of Reddit, whose ids are looked through. */
  subreddit: Type.Union([Subreddit, Type.Null()]),
  /** The beginning of the hour, seconds since the epoch. */
  hour_utc: Type.Integer({ minimum: EARLIEST_CREATED_UTC, maximum: 253_402_300_799, multipleOf: HOUR_SECONDS }),
  /** How many ids the hour has; null where that cannot be known, as in a listing. */
  expected: Type.Union([Count, Type.Null()]),
  seen: Count,
  /** Seen as deleted or removed. */
  erased: Count,
  /** Never seen, though they should be there. */
  unknown: Count,
  /** 0…1: of the ids, (seen + erased) / expected; of a listing, the share of the hour's seconds that was read without a gap. */
  coverage: Type.Number({ minimum: 0, maximum: 1 }),
})
export type HourCovered = Static<typeof HourCovered>

export type GravitasEvent = PostSubmitted | PostErased | PostScored | ModelPromoted | HourCovered
export type EventType = GravitasEvent['type']

const validators = {
  PostSubmitted: Compile(PostSubmitted),
  PostErased: Compile(PostErased),
  PostScored: Compile(PostScored),
  ModelPromoted: Compile(ModelPromoted),
  HourCovered: Compile(HourCovered),
} as const

const MAX_AHEAD_SECONDS = 86_400
const AHEAD = 'is more than a day ahead of the clock'
const MAX_SHOWN_LENGTH = 100
const text = new TextDecoder('utf-8', { fatal: true })

/** What may stand under which subjects: readers select by subject, so another event there would reach some and not others. */
const SUBJECTS: readonly (readonly [prefix: string, type: EventType])[] = [
  [subjects.postSubmitted(''), 'PostSubmitted'],
  [subjects.postErased(''), 'PostErased'],
  [subjects.modelPromoted, 'ModelPromoted'],
  ['scores.', 'PostScored'],
  [subjects.hourCovered(''), 'HourCovered'],
]

/**
 * Decodes and validates one event.
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
  const expected = SUBJECTS.find(([prefix]) => subject.startsWith(prefix))?.[1]
  if (event.type !== expected) throw new EventRejectedError(`${event.type} does not belong under ${subject}`)
  return event
}

/** Like {@link decodeEvent}, for who passes over what is no valid event: undefined. */
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
    throw new EventRejectedError(`unknown event type ${JSON.stringify(type.slice(0, MAX_SHOWN_LENGTH))}`)
  }
  const validator = validators[type as EventType]
  if (!validator.Check(json)) throw new EventRejectedError(describe(type, validator.Errors(json)))
  const event: GravitasEvent = json
  const latest = storedAtMs / 1000 + MAX_AHEAD_SECONDS
  if ('created_utc' in event && event.created_utc > latest)
    throw new EventRejectedError(`${type}: created_utc ${AHEAD}`)
  if ('hour_utc' in event && event.hour_utc > latest) throw new EventRejectedError(`${type}: hour_utc ${AHEAD}`)
  return event
}

/** The event as message bytes. */
export const encodeEvent = (event: GravitasEvent): string => JSON.stringify(event)

function describe(type: string, errors: Iterable<{ instancePath: string; message: string }>): string {
  const [first] = errors
  if (first === undefined) return `${type}: invalid`
  return `${type}${first.instancePath === '' ? '' : ' ' + first.instancePath.slice(1)}: ${first.message}`
}
