import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import { headers, nuid, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { maxMessageBytes } from './check-server.ts'
import { OperationalError } from './errors.ts'

export interface OutgoingMessage {
  readonly subject: string
  readonly messageId: string
  readonly payload: string | Uint8Array
  /** Further headers. A batch ignores them: only messages that are published one by one can have them. */
  readonly headers?: Readonly<Record<string, string>>
}

/** How many messages the log stored, and how many it dropped because it had them already. */
export interface PublishOutcome {
  readonly stored: number
  readonly duplicates: number
}

/** The most messages that nats-server accepts in one atomic batch. */
export const MAX_BATCH_MESSAGES = 1_000
const SINGLES_IN_FLIGHT = 256
const PUBLISH_TIMEOUT_MS = 5_000
/** Twenty attempts within about half a minute. */
const RETRIES = { retries: 19, minTimeout: 200, maxTimeout: 2_000 }

/**
 * Publishes messages durably: several messages as one atomic batch, a lone message by a plain publish. The server
 * refuses a whole batch when one of its ids is a duplicate, and a time-out leaves it unknown whether a batch was
 * stored. In both cases the messages are published one by one, which is safe because the server drops ids that it has
 * already.
 *
 * Resolves once every message is stored. Retries for about half a minute, also while the connection is down.
 * @throws OperationalError when the server keeps refusing, and the client's error when the client itself refuses a
 *   message
 */
export class DurablePublisher {
  readonly #js: JetStreamClient
  readonly #connection: NatsConnection

  constructor(connection: NatsConnection) {
    this.#connection = connection
    this.#js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS })
  }

  /** How many bytes the payload of a message may have. A reconnect may lead to a server with another limit. */
  get maxPayloadBytes(): number {
    return maxMessageBytes(this.#connection)
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    if (messages.length === 0) return { stored: 0, duplicates: 0 }
    if (messages.length === 1) return this.publishSingly(messages)
    if (messages.length > MAX_BATCH_MESSAGES) throw new RangeError(`at most ${MAX_BATCH_MESSAGES} messages a batch`)
    try {
      await this.#publishBatch(messages)
      return { stored: messages.length, duplicates: 0 }
    } catch {
      return this.publishSingly(messages)
    }
  }

  /** Publishes any number of messages, batch by batch. */
  async publishAll(messages: readonly OutgoingMessage[]): Promise<void> {
    for (let at = 0; at < messages.length; at += MAX_BATCH_MESSAGES) {
      await this.publish(messages.slice(at, at + MAX_BATCH_MESSAGES))
    }
  }

  /** Publishes messages one by one: for streams without atomic batches, and for messages with headers of their own. */
  async publishSingly(messages: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    let duplicates = 0
    for (let start = 0; start < messages.length; start += SINGLES_IN_FLIGHT) {
      const acks = await Promise.all(messages.slice(start, start + SINGLES_IN_FLIGHT).map((m) => this.#publishOne(m)))
      duplicates += acks.filter((ack) => ack.duplicate).length
    }
    return { stored: messages.length - duplicates, duplicates }
  }

  /**
   * Sends an atomic batch (ADR-50 of NATS) over the plain connection, because the client's own batch spends several
   * microseconds a message on header objects. The first message asks for an acknowledgement, so that a stream that takes
   * no batches is noticed early.
   */
  async #publishBatch(messages: readonly OutgoingMessage[]): Promise<void> {
    const last = messages.length - 1
    const batch = nuid.next()
    const [first] = messages as [OutgoingMessage]
    await this.#request(first, batchHeaders(first, batch, 1))
    for (let index = 1; index < last; index++) {
      const message = messages[index]!
      this.#connection.publish(message.subject, message.payload, { headers: batchHeaders(message, batch, index + 1) })
    }
    const final = messages[last]!
    const ack = await this.#request(final, batchHeaders(final, batch, messages.length, true))
    if (ack?.count !== messages.length) throw new Error('the batch was not stored whole')
  }

  async #request(message: OutgoingMessage, set: MsgHdrs): Promise<{ count?: number } | undefined> {
    const options = { headers: set, timeout: PUBLISH_TIMEOUT_MS }
    const reply = await this.#connection.request(message.subject, message.payload, options)
    if (reply.data.length === 0) return undefined
    const answer = reply.json<{ count?: number; error?: { description?: string } }>()
    if (answer.error !== undefined) throw new Error(`batch refused: ${answer.error.description}`)
    return answer
  }

  async #publishOne(message: OutgoingMessage): Promise<{ duplicate: boolean }> {
    const options = {
      msgID: message.messageId,
      ...(message.headers === undefined ? {} : { headers: toHeaders(message.headers) }),
    }
    try {
      return await pRetry(() => this.#js.publish(message.subject, message.payload, options), {
        ...RETRIES,
        shouldRetry: ({ error }) => !this.#isFinal(error),
      })
    } catch (cause) {
      if (this.#isFinal(cause as Error)) throw cause
      throw new OperationalError(`${message.subject} could not be published: ${(cause as Error).message}`, { cause })
    }
  }

  /** Whether another attempt would fail in the same way: the client refuses a message that is too large every time. */
  #isFinal(error: Error): boolean {
    return this.#connection.isClosed() || error.name === 'InvalidArgumentError'
  }
}

function toHeaders(record: Readonly<Record<string, string>>): MsgHdrs {
  const set = headers()
  for (const [key, value] of Object.entries(record)) set.set(key, value.replaceAll(/[\r\n]+/g, ' '))
  return set
}

/** The headers of a message in their wire form. On publishing, the client calls nothing but `encode` of a headers object. */
function batchHeaders(message: OutgoingMessage, batch: string, sequence: number, commit = false): MsgHdrs {
  const end = commit ? '\r\nNats-Batch-Commit: 1\r\n\r\n' : '\r\n\r\n'
  const wire = `NATS/1.0\r\nNats-Msg-Id: ${message.messageId}\r\nNats-Batch-Id: ${batch}\r\nNats-Batch-Sequence: ${sequence}${end}`
  return { encode: () => Buffer.from(wire, 'latin1') } as unknown as MsgHdrs
}
