import { jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'

/** The subject of the events that a process rejects. A projector has the name of its read model. */
export const deadSubject = (process: string): string => `dead.${process}`

/** The message id of a rejected event: DEAD stores a repetition within a day once. */
export const deadMessageId = (process: string, origin: string, sequence: number): string =>
  `dead:${process}:${origin}:${sequence}`

/** The server takes 1 MB with headers. Longer data is cut: stream and sequence still point at the original. */
const MAX_DATA_BYTES = 900_000
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

/** Publishes a letter to DEAD; a repetition within a day is dropped by its message id. @throws errors of publishing */
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
  if (data.length > MAX_DATA_BYTES) set.set('Gravitas-Truncated', `${data.length} bytes`)
  await jetstream(connection).publish(deadSubject(process), data.subarray(0, MAX_DATA_BYTES), {
    headers: set,
    msgID: deadMessageId(process, stream, sequence),
  })
}

const toHeader = (text: string, maxLength: number): string => text.replaceAll(/[\r\n]+/g, ' ').slice(0, maxLength)
