import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { OperationalError } from '../../schema/runtime/errors.ts'

const IN_FLIGHT = 16
const MAX_ATTEMPTS = 8
const RETRY_MS = 250
/** What the server says of a message that is not there: erased before, or never. */
const IS_GONE = /not found|no message found|store EOF/i

/**
 * Overwrites messages with random bytes and deletes them (`erase`: the server does both unless it is told `no_erase`).
 * One that is gone already is as good as deleted.
 * @param onDeleted told of each message once it is gone
 * @throws OperationalError when the server keeps refusing
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

async function deleteMessage(jsm: JetStreamManager, stream: string, sequence: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await jsm.streams.deleteMessage(stream, sequence, true)
      return
    } catch (cause) {
      const { message } = cause as Error
      if (cause instanceof JetStreamApiError && IS_GONE.test(message)) return
      if (attempt >= MAX_ATTEMPTS || cause instanceof JetStreamApiError) {
        throw new OperationalError(`${stream} ${sequence} could not be deleted: ${message}`, { cause })
      }
      await pause(RETRY_MS * attempt)
    }
  }
}
