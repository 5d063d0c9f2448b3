import { EVENT_TYPES, EVENTS, subjectPattern, type EventType } from './events.ts'
import type { StreamName } from './streams.ts'

/**
 * The read models. Each has a projector process, a folder under `projections/`, a file `DATA_DIR/<name>.db` and a
 * consumer. `version` is raised whenever the tables, or the changes that an event makes in them, change. A file of
 * another version is refused, and must be rebuilt from the log. `events` are the events that it is built from. If they
 * come from several streams, a transaction applies those of the stream that is named first before the others.
 */
export const READ_MODELS = {
  posts: { version: 4, events: ['PostSubmitted', 'PostErased', 'PostScored'] },
  hourly: { version: 4, events: ['PostErased', 'PostScored', 'HourCovered'] },
  'all-time': { version: 4, events: ['PostErased', 'PostScored'] },
} as const satisfies Readonly<Record<string, ReadModel>>

export type ReadModelName = keyof typeof READ_MODELS

export interface ReadModel {
  readonly version: number
  readonly events: readonly EventType[]
}

/** A read model's entry with its name. */
export const readModel = (name: ReadModelName): ReadModel & { readonly name: ReadModelName } => ({
  name,
  ...READ_MODELS[name],
})

export const READ_MODEL_NAMES = Object.keys(READ_MODELS) as readonly ReadModelName[]

/** A stream that a read model follows. */
export interface Input {
  readonly stream: StreamName
  /** The subjects that it takes; undefined for the whole stream, whose sequences then are contiguous. */
  readonly filters: readonly string[] | undefined
}

/** The streams that hold a read model's events, in the order in which it names them. */
export function inputsOf({ events }: Pick<ReadModel, 'events'>): Input[] {
  const streams = new Set(events.map((type) => EVENTS[type].stream))
  return [...streams].map((stream) => {
    const all = EVENT_TYPES.filter((type) => EVENTS[type].stream === stream)
    const wanted = all.filter((type) => events.includes(type))
    return { stream, filters: wanted.length === all.length ? undefined : wanted.map((type) => subjectPattern(type)) }
  })
}

/**
 * The durable consumer of a read model's file, one on each stream that it follows. Its projector re-creates it at each
 * start. It is named by the file's id, because two hosts with files of their own may follow one log.
 */
export const projectorConsumer = (name: string, fileId: string): string => `projector-${name}-${fileId}`

/** The subject of a read model's change notices, which are sent by core NATS and not stored. */
export const changesSubject = (name: string): string => `changes.${name}`

/**
 * The change notice that a projector sends after each commit (JSON). `before` equals `checkpoints` of the previous notice:
 * a reader that finds another value has missed a notice.
 */
export interface ChangeNotice {
  readonly projection: string
  /** The id of the projector's file, because the projectors of several hosts write files of their own. */
  readonly fileId: string
  /** The checkpoints of the projector's last notice, or those with which it started. */
  readonly before: Readonly<Record<string, number>>
  /** The last applied sequence of each stream, this commit included. */
  readonly checkpoints: Readonly<Record<string, number>>
  /**
   * Subreddits (lower case) whose rows changed; empty for `posts`, whose readers follow `scores.sequence`. Null: so many that
   * their names do not fit in a message, and a reader has to look at all of them.
   */
  readonly subreddits: readonly string[] | null
}

/** A change notice as JSON. @param maxBytes how long it may be, which depends on the server */
export function encodeNotice(notice: ChangeNotice, maxBytes: number): string {
  const text = JSON.stringify(notice)
  return Buffer.byteLength(text) <= maxBytes ? text : JSON.stringify({ ...notice, subreddits: null })
}
