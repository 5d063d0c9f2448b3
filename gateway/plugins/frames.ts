/** One answer in the format of the GraphQL over SSE protocol, distinct connections mode. */
export const encodeFrame = (result: object): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`

/** The last frame: there is nothing more to come. */
export const COMPLETE = 'event: complete\ndata:\n\n'

/** A comment, which readers skip: keeps proxies and browsers from giving up a quiet connection. */
export const HEARTBEAT = ':\n\n'
