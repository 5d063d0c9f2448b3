/** Encodes one answer for the distinct connections mode of the protocol GraphQL over SSE. */
export const encodeFrame = (result: object): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`

/** The last frame, which says that the subscription is complete. */
export const COMPLETE = 'event: complete\ndata:\n\n'

/** A comment, which readers skip. It keeps proxies and browsers from closing a quiet connection. */
export const HEARTBEAT = ':\n\n'
