/** Encodes one answer as the GraphQL over SSE protocol has it, in its distinct connections mode. */
export const encodeFrame = (result: object): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`

/** The last frame, which says that the subscription is complete. */
export const COMPLETE = 'event: complete\ndata:\n\n'

/** A comment, which readers skip. It keeps proxies and browsers from giving up a quiet connection. */
export const HEARTBEAT = ':\n\n'
