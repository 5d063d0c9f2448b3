import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream'

/** The server's answer when no message follows. */
const NOT_FOUND = 404

/**
 * Reads some messages of a stream without a consumer (direct get). The result is empty when no message follows.
 * @throws the server's error when its answer ends early, and the signal's reason once it is aborted
 */
export async function readBatch(
  jsm: JetStreamManager,
  stream: string,
  options: DirectBatchOptions,
  signal?: AbortSignal,
): Promise<StoredMsg[]> {
  const messages: StoredMsg[] = []
  try {
    const batch = await jsm.direct.getBatch(stream, options)
    signal?.addEventListener('abort', () => batch.stop(), { once: true })
    for await (const message of batch) messages.push(message)
  } catch (error) {
    if ((error as { code?: unknown }).code !== NOT_FOUND) throw error
  }
  signal?.throwIfAborted()
  return messages
}
