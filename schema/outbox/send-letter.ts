import { jetstream, JetStreamApiError, type JetStreamManager, type PubAck } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { cutHeaders, deadMessageId, deadSubject, type DeadLetter } from '../dead-letters.ts'
import { digestOf } from '../digest.ts'
import { maxMessageBytes } from '../runtime/check-server.ts'

/** Error code of nats-server: the message is longer than the stream's `max_msg_size`. */
const MESSAGE_TOO_LARGE = 10_054
/** Error code of nats-server: the stream cannot store the message, for the reason in the description. */
const STORE_FAILED = 10_077
/** How long a server takes to answer a publish at most. After that, the letter is sent again later. */
export const PUBLISH_TIMEOUT_MS = 5_000

/** DEAD refuses this letter, however short its data is cut, and will refuse it later as well. */
export class LetterRefusedError extends Error {
  override name = 'LetterRefusedError'
}

export interface LetterConnection {
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** The name of the process that rejected the events, which is the last token of their subject in DEAD. */
  readonly process: string
}

/**
 * Sends a letter to DEAD. The letter of an event is sent only if the log still holds the event, because it may have been
 * erased, or its stream re-created, while the letter waited.
 * @returns false if the log no longer holds the event, so that the letter has to be dropped; true if it was sent
 * @throws LetterRefusedError, and other errors after which the letter is to be sent again
 */
export async function sendLetter(to: LetterConnection, letter: DeadLetter): Promise<boolean> {
  const data = letter.data ?? (await readEvent(to, letter))
  if (data === undefined) return false
  await publishLetter(to, letter, data)
  return true
}

/**
 * Publishes a letter. Data that the server refuses as too long is cut.
 * @param after the sequence in DEAD of the last letter with the same subject; the server refuses this letter if another
 *   one has arrived. Undefined if the order does not matter
 * @throws LetterRefusedError, and other errors after which the letter is to be sent again
 */
export async function publishLetter(
  to: LetterConnection,
  letter: DeadLetter,
  data: Uint8Array,
  after?: number,
): Promise<PubAck> {
  for (let maxBytes = maxMessageBytes(to.connection); ; maxBytes = Math.floor(Math.min(maxBytes, data.length) / 2)) {
    try {
      return await publish(to, letter, { data, maxBytes, after })
    } catch (cause) {
      if (!isTooLarge(cause)) throw cause
      if (maxBytes === 0) throw new LetterRefusedError(`DEAD refuses it: ${(cause as Error).message}`, { cause })
    }
  }
}

/** Asks the stream's leader, because it is the first to know of a deletion. @throws when the leader does not answer */
async function readEvent({ jsm, process }: LetterConnection, letter: DeadLetter): Promise<Uint8Array | undefined> {
  const { stream, sequence } = letter.event!
  const message = await jsm.streams.getMessage(stream, { seq: sequence })
  if (message === null) return undefined
  const found = deadMessageId(process, stream, sequence, digestOf(message.data))
  return found === letter.messageId ? message.data : undefined
}

interface Publishing {
  readonly data: Uint8Array
  readonly maxBytes: number
  readonly after: number | undefined
}

async function publish(
  to: LetterConnection,
  letter: DeadLetter,
  { data, maxBytes, after }: Publishing,
): Promise<PubAck> {
  const set = headers()
  for (const [key, value] of Object.entries({ ...cutHeaders(data, maxBytes), ...letter.headers })) set.set(key, value)
  const expect = after === undefined ? {} : { expect: { lastSubjectSequence: after } }
  const options = { headers: set, msgID: letter.messageId, ...expect }
  const js = jetstream(to.connection, { timeout: PUBLISH_TIMEOUT_MS })
  return js.publish(deadSubject(to.process), data.subarray(0, maxBytes), options)
}

/** The client refuses a message that exceeds the server's `max_payload`, and the server one that exceeds the stream's limit. */
const isTooLarge = (error: unknown): boolean =>
  (error as Error).name === 'InvalidArgumentError' ||
  (error instanceof JetStreamApiError && error.code === MESSAGE_TOO_LARGE)

/** Why a letter was not sent, as the end of a sentence that begins with "because". */
export function explainFailure(error: unknown): string {
  const { name, message } = error as Error
  if (error instanceof LetterRefusedError) return message
  if (error instanceof JetStreamApiError && error.code === STORE_FAILED) return `DEAD is full (${message})`
  if (name === 'JetStreamNotEnabled' || name === 'NoRespondersError') return 'DEAD does not exist or has no leader'
  if (name === 'TimeoutError') return 'the NATS server does not answer'
  return message
}
