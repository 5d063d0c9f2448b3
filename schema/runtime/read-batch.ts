import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream'

/** The server's answer where nothing follows. */
const NOT_FOUND = 404

/**
 * Some messages of a stream, read without a consumer (direct get); none where there are no more.
 * @throws what keeps the server from answering to the end
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
