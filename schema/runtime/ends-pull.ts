import type { JsMsg } from '@nats-io/jetstream'

/**
 * Whether nothing more arrives for a pull after this message. The account of a process imports the request for a pull (see
 * nats.conf), and nats-server (2.15) takes an empty message without headers for the end of the answers to such a request:
 * it delivers the messages after it to nobody. They have to be requested again.
 */
export const endsPull = (message: JsMsg): boolean => message.data.length === 0 && message.headers === undefined
