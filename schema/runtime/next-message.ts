import type { JetStreamManager, MsgRequest, StoredMsg } from '@nats-io/jetstream'

/**
 * Asks the leader of a stream for the first message from a sequence on whose subject matches a pattern. Unlike a direct
 * get, this is never answered by a replica that lags. @returns null if there is none
 */
export function nextMessage(
  jsm: JetStreamManager,
  stream: string,
  from: number,
  subject: string,
): Promise<StoredMsg | null> {
  // The client's type lacks this field of the server's API.
  const request: MsgRequest & { next_by_subj: string } = { seq: from, next_by_subj: subject }
  return jsm.streams.getMessage(stream, request)
}
