/**
 * Encodes one answer for the distinct connections mode of the protocol GraphQL over SSE.
 * @param id what a client that reconnects sends as Last-Event-ID
 */
export const encodeFrame = (result: object, id?: string): string =>
  `event: next\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(result)}\n\n`

/** The last frame, which says that the subscription is complete. */
export const COMPLETE = 'event: complete\ndata:\n\n'

/**
 * The first frame. Some clients wait for the first bytes before they treat the connection as open. A browser's EventSource
 * reconnects after this many milliseconds; by default it waits for three seconds or more.
 */
export const OPENING = 'retry: 1000\n\n'

/** A comment, which readers skip. It keeps proxies and browsers from closing a quiet connection. */
export const HEARTBEAT = ':\n\n'
