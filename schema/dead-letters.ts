import { jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { maxMessageBytes } from './runtime/check-server.ts'

/** The subject of the events that a process rejects. A projector has the name of its read model. */
export const deadSubject = (process: string): string => `dead.${process}`

/** The message id of a rejected event: DEAD stores a repetition within a day once. */
export const deadMessageId = (process: string, origin: string, sequence: number): string =>
  `dead:${process}:${origin}:${sequence}`

const MAX_REASON_LENGTH = 500
const MAX_SUBJECT_LENGTH = 500

/** An event that a process rejected, as the log holds it. */
export interface DeadLetter {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly reason: string
  readonly data: Uint8Array
}

/**
 * Publishes a letter to DEAD; a repetition within a day is dropped by its message id. Data that is too large for the server
 * is cut: stream and sequence still point at the original.
 * @throws errors of publishing
 */
export async function publishDeadLetter(
  connection: NatsConnection,
  process: string,
  letter: DeadLetter,
): Promise<void> {
  const { stream, sequence, subject, reason, data } = letter
  const set = headers()
  set.set('Gravitas-Reason', toHeader(reason, MAX_REASON_LENGTH))
  set.set('Gravitas-Stream', stream)
  set.set('Gravitas-Sequence', String(sequence))
  set.set('Gravitas-Subject', toHeader(subject, MAX_SUBJECT_LENGTH))
  const maxBytes = maxMessageBytes(connection)
  if (data.length > maxBytes) set.set('Gravitas-Truncated', `${data.length} bytes`)
  await jetstream(connection).publish(deadSubject(process), data.subarray(0, maxBytes), {
    headers: set,
    msgID: deadMessageId(process, stream, sequence),
  })
}

const toHeader = (text: string, maxLength: number): string => text.replaceAll(/[\r\n]+/g, ' ').slice(0, maxLength)
