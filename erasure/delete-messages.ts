import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { OperationalError } from '../schema/runtime/errors.ts'

const IN_FLIGHT = 16
/** About ten seconds in all: a server that restarts is back by then. */
const RETRIES = { retries: 7, minTimeout: 250, maxTimeout: 2_000 } as const
/** The server's errors for a message that does not exist, because it was deleted before or never stored. */
const IS_GONE = /not found|no message found|store EOF/i

/**
 * Overwrites messages with random bytes and deletes them. A message that does not exist counts as deleted.
 * @param onDeleted called for each message once it is deleted
 * @throws OperationalError when the server refuses to delete a message, or still does not answer after all retries
 */
export async function deleteMessages(
  jsm: JetStreamManager,
  stream: string,
  sequences: readonly number[],
  onDeleted: (sequence: number) => void,
): Promise<void> {
  const waiting = [...sequences]
  const work = async (): Promise<void> => {
    for (let sequence = waiting.pop(); sequence !== undefined; sequence = waiting.pop()) {
      await deleteMessage(jsm, stream, sequence)
      onDeleted(sequence)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
}

/** Whether the server refused the request itself, or the right to make it. */
const isFinal = (error: Error): boolean =>
  error instanceof JetStreamApiError || error.cause instanceof errors.PermissionViolationError

async function deleteMessage(jsm: JetStreamManager, stream: string, sequence: number): Promise<void> {
  try {
    // With `true` the server overwrites the message before it deletes it.
    await pRetry(() => jsm.streams.deleteMessage(stream, sequence, true), {
      ...RETRIES,
      shouldRetry: ({ error }) => !isFinal(error),
    })
  } catch (cause) {
    const { message } = cause as Error
    if (cause instanceof JetStreamApiError && IS_GONE.test(message)) return
    throw new OperationalError(`Message ${sequence} of ${stream} could not be deleted: ${message}`, { cause })
  }
}
