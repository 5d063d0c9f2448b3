import { digestOf } from './digest.ts'
import { LARGEST_MESSAGE_BYTES } from './runtime/check-server.ts'

/**
 * The subject of dead letters. `ingest` rejects input, `scorer` posts that its scoring model cannot score, and a projector,
 * under the name of its read model, the invalid events of one stream.
 */
export const deadSubject = (process: string): string => `dead.${process}`

const MAX_HEADER_LENGTH = 500

/** What a process rejected and why, as it waits to be sent to DEAD. */
export interface DeadLetter {
  /** The id of the message in DEAD, which takes a second message with the same id within a day as a repetition. */
  readonly messageId: string
  readonly headers: Readonly<Record<string, string>>
  /** The rejected bytes. Undefined for an event of the log, whose bytes are read from there when the letter is sent. */
  readonly data?: Uint8Array
  /** Where the log holds the event. */
  readonly event?: { readonly stream: string; readonly sequence: number }
}

/** An event of the log that a process rejected. */
export interface RejectedEvent {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly reason: string
  /** The digest of its bytes ({@link digestOf}). */
  readonly digest: string
  /** Set when all letters with this value are sent in the order of the sequences, see `projections/file/dead-letters.ts`. */
  readonly order?: string
}

export const SEQUENCE_HEADER = 'Gravitas-Sequence'
export const ORDER_HEADER = 'Gravitas-Order'

/** Input that a process rejected before it was stored in the log. */
export interface RejectedInput {
  /** What was read, such as a file. */
  readonly origin: string
  /** The place in it. */
  readonly position: number | string
  readonly reason: string
  readonly data: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The message id of a letter. It holds the digest of the rejected bytes, because a stream or a file that was re-created
 * has other bytes at the same position, and DEAD would drop their letter as a repetition.
 */
export const deadMessageId = (process: string, origin: string, position: number | string, digest: string): string =>
  `dead:${process}:${origin}:${position}:${digest}`

/**
 * The letter of an event of the log. It holds none of the event's text, so that no text is kept, or sent, after the
 * event was erased.
 */
export function letterOfEvent(
  process: string,
  { stream, sequence, subject, reason, digest, order }: RejectedEvent,
): DeadLetter {
  return {
    messageId: deadMessageId(process, stream, sequence, digest),
    headers: toHeaders({
      'Gravitas-Reason': reason,
      'Gravitas-Stream': stream,
      [SEQUENCE_HEADER]: String(sequence),
      'Gravitas-Subject': subject,
      ...(order === undefined ? {} : { [ORDER_HEADER]: order }),
    }),
    event: { stream, sequence },
  }
}

/**
 * The letter of input that is in no stream. Data that is too long for a message is cut, which a header says. The data is
 * copied, so that the caller may use its buffer again.
 */
export function letterOfInput(process: string, { origin, position, reason, data, headers }: RejectedInput): DeadLetter {
  return {
    messageId: deadMessageId(process, origin, position, digestOf(data)),
    headers: { ...toHeaders({ 'Gravitas-Reason': reason, ...headers }), ...cutHeaders(data, LARGEST_MESSAGE_BYTES) },
    data: Buffer.from(data.subarray(0, LARGEST_MESSAGE_BYTES)),
  }
}

/**
 * A letter of input without the input, for when there is no room: its headers still name the origin and the reason. The
 * letter of an event has no data anyway.
 */
export const withoutData = (letter: DeadLetter): DeadLetter =>
  letter.data === undefined
    ? letter
    : { ...letter, headers: { ...cutHeaders(letter.data, 0), ...letter.headers }, data: Buffer.alloc(0) }

/** The header that says how long the data was before it was cut to a length; none if it was not cut. */
export const cutHeaders = (data: Uint8Array, maxBytes: number): Record<string, string> =>
  data.length > maxBytes ? { 'Gravitas-Truncated': `${data.length} bytes` } : {}

const toHeaders = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MAX_HEADER_LENGTH)]),
  )
