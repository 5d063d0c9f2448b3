import { nuid } from '@nats-io/transport-node'
import { Type, type Static } from 'typebox'
import { HOUR_SECONDS } from './hours.ts'
import {
  MAX_FLAIR_LENGTH,
  MAX_PERMALINK_LENGTH,
  MAX_REASON_LENGTH,
  MAX_SELFTEXT_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
} from './post-limits.ts'
import type { OutgoingMessage } from './runtime/publish.ts'
import { COVERAGE, MODELS, POSTS, SCORES, type StreamName } from './streams.ts'

/**
 * The events: their JSON Schemas, from which their types are derived, and where each is stored. Field names are those
 * of Reddit. Every text has a limit (post-limits.ts).
 */
const PostId = Type.String({ pattern: '^[0-9a-z]{1,10}$' })
const Subreddit = Type.String({ pattern: '^[A-Za-z0-9_]{2,24}$' })
const EARLIEST_CREATED_UTC = Date.UTC(2005, 0, 1) / 1000
const CreatedUtc = Type.Integer({ minimum: EARLIEST_CREATED_UTC, maximum: 253_402_300_799 })
/** Pattern of a scoring model's name, which is one token of a subject. */
export const MODEL_NAME_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'
const ModelName = Type.String({ pattern: MODEL_NAME_PATTERN })
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const text = (maxLength: number) => Type.String({ maxLength })
/** Like a scoring model's name, a source's name is one token of a subject. */
const SourceName = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$' })

const Sequences = Type.Array(Type.Integer({ minimum: 1 }))

export const PostSubmitted = Type.Object({
  type: Type.Literal('PostSubmitted'),
  id: PostId,
  subreddit: Subreddit,
  title: text(MAX_TITLE_LENGTH),
  selftext: nullable(text(MAX_SELFTEXT_LENGTH)),
  created_utc: CreatedUtc,
  permalink: nullable(text(MAX_PERMALINK_LENGTH)),
  url: nullable(text(MAX_URL_LENGTH)),
  is_self: nullable(Type.Boolean()),
  over_18: nullable(Type.Boolean()),
  link_flair_text: nullable(text(MAX_FLAIR_LENGTH)),
  source: nullable(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })),
})
export type PostSubmitted = Static<typeof PostSubmitted>

export const PostErased = Type.Object({
  type: Type.Literal('PostErased'),
  post_id: PostId,
  subreddit: Subreddit,
  created_utc: CreatedUtc,
  reason: nullable(text(MAX_REASON_LENGTH)),
  /**
   * Sequences of the post's deleted messages in POSTS and in SCORES. With them, a replay can tell an erasure from a
   * loss. An event without them asks the eraser to delete the messages.
   */
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
  /**
   * Sequence in POSTS of the PostSubmitted that was scored. It leads to the text. If copies of a post were scored, the
   * score with the smallest one counts; a score without it counts only while there is no other.
   */
  post_sequence: Type.Optional(Type.Integer({ minimum: 1 })),
})
export type PostScored = Static<typeof PostScored>

export const ModelPromoted = Type.Object({ type: Type.Literal('ModelPromoted'), model: ModelName })
export type ModelPromoted = Static<typeof ModelPromoted>

/** A count that fits a GraphQL Int. */
const Count = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

/**
 * How much a source saw of what was posted in an hour. A later event of the same source, subreddit and hour replaces
 * the earlier one, because the source knows more by then.
 */
export const HourCovered = Type.Object({
  type: Type.Literal('HourCovered'),
  source: SourceName,
  /** Null if the report is about all of Reddit. */
  subreddit: Type.Union([Subreddit, Type.Null()]),
  /** The beginning of the hour, in seconds since the epoch. */
  hour_utc: Type.Integer({ minimum: EARLIEST_CREATED_UTC, maximum: 253_402_300_799, multipleOf: HOUR_SECONDS }),
  /** How many post ids the hour has; null if that cannot be known, as in a listing. */
  expected: Type.Union([Count, Type.Null()]),
  seen: Count,
  /** Posts that were seen as deleted or removed on Reddit. Nothing of them was erased here. */
  erased: Count,
  /** Posts that must exist and were never seen. */
  unknown: Count,
  /**
   * 0…1. For ids: (seen + erased) / expected. For a listing: the share of the hour's seconds that was read without a
   * gap.
   */
  coverage: Type.Number({ minimum: 0, maximum: 1 }),
})
export type HourCovered = Static<typeof HourCovered>

/** The definition of one type of event. `subject` needs only the named fields, so that it can also make a pattern. */
interface EventKind {
  readonly schema: object
  readonly stream: StreamName
  readonly subject: (fields: never) => string
  /** The streams drop a second message with the same id within their duplicate window. */
  readonly messageId: (event: never) => string
}

/** Every type of event: its schema, its stream, its subject (whose last token is in lower case) and its message id. */
export const EVENTS = {
  PostSubmitted: {
    schema: PostSubmitted,
    stream: POSTS,
    subject: ({ subreddit }: Pick<PostSubmitted, 'subreddit'>) => `posts.submitted.${subreddit.toLowerCase()}`,
    messageId: ({ id }: Pick<PostSubmitted, 'id'>) => `post:${id}`,
  },
  PostErased: {
    schema: PostErased,
    stream: POSTS,
    subject: ({ subreddit }: Pick<PostErased, 'subreddit'>) => `posts.erased.${subreddit.toLowerCase()}`,
    messageId: ({ post_id }: Pick<PostErased, 'post_id'>) => `erased:${post_id}`,
  },
  PostScored: {
    schema: PostScored,
    stream: SCORES,
    subject: ({ model, subreddit }: Pick<PostScored, 'model' | 'subreddit'>) =>
      `scores.${model}.${subreddit.toLowerCase()}`,
    messageId: ({ model, post_id }: Pick<PostScored, 'model' | 'post_id'>) => `score:${model}:${post_id}`,
  },
  ModelPromoted: {
    schema: ModelPromoted,
    stream: MODELS,
    subject: (_fields: object) => 'models.promoted',
    // Unique, because with an id made of the name the stream would drop a return to a scoring model within its
    // duplicate window.
    messageId: ({ model }: Pick<ModelPromoted, 'model'>) => `promoted:${model}:${nuid.next()}`,
  },
  HourCovered: {
    schema: HourCovered,
    stream: COVERAGE,
    subject: ({ source }: Pick<HourCovered, 'source'>) => `coverage.${source}`,
    // Unique, because with an id made of the content the stream would drop a report that returns to earlier figures.
    messageId: ({ source, subreddit, hour_utc }: Pick<HourCovered, 'source' | 'subreddit' | 'hour_utc'>) =>
      `coverage:${source}:${subreddit?.toLowerCase() ?? '*'}:${hour_utc}:${nuid.next()}`,
  },
} as const satisfies Readonly<Record<string, EventKind>>

export type EventType = keyof typeof EVENTS
export type GravitasEvent = { [Type in EventType]: Static<(typeof EVENTS)[Type]['schema']> }[EventType]

export const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[]

/** The fields of an event that its subject is made of. */
type SubjectFields<Type extends EventType> = Type extends EventType
  ? { readonly type: Type } & Parameters<(typeof EVENTS)[Type]['subject']>[0]
  : never

const kindOf = (type: EventType): EventKind => EVENTS[type]

/** The subject that an event is published on. */
export const subjectOf = (event: SubjectFields<EventType>): string => kindOf(event.type).subject(event as never)

/** The subjects of all events of a type, with `*` for each token that differs. */
export const subjectPattern = (type: EventType): string =>
  kindOf(type).subject({ subreddit: '*', model: '*', source: '*' } as never)

/** The beginning that all subjects of a type share. */
export const subjectPrefix = (type: EventType): string => subjectPattern(type).replace(/\*.*$/, '')

export const messageIdOf = (event: GravitasEvent): string => kindOf(event.type).messageId(event as never)

/**
 * Message id of a further PostErased of a post, for messages that came later. It contains the last sequence in each
 * stream.
 */
export const furtherErasureId = ({ post_id, post_sequences, score_sequences }: PostErased): string =>
  `${EVENTS.PostErased.messageId({ post_id })}:${post_sequences?.at(-1) ?? 0}:${score_sequences?.at(-1) ?? 0}`

/** The event as the text of a message. */
export const encodeEvent = (event: GravitasEvent): string => JSON.stringify(event)

/** An event as a message for DurablePublisher, which can publish it again without harm. */
export const toMessage = (event: GravitasEvent): OutgoingMessage => ({
  subject: subjectOf(event),
  messageId: messageIdOf(event),
  payload: encodeEvent(event),
})
