import { jetstream, type JetStreamClient, type PubAck } from '@nats-io/jetstream'
import { headers, nuid, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { setTimeout as pause } from 'node:timers/promises'
import type { ProblemReport } from '../problems.ts'
import { BackOff } from './back-off.ts'
import { maxMessageBytes } from './check-server.ts'
import { OperationalError } from './errors.ts'
import { explainFailure } from './publish-failure.ts'

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
  /** The messages that were dropped. */
  readonly dropped: readonly OutgoingMessage[]
}

/** The most messages that nats-server accepts in one atomic batch. */
export const MAX_BATCH_MESSAGES = 1_000
const SINGLES_IN_FLIGHT = 256
const PUBLISH_TIMEOUT_MS = 5_000
/** Twenty attempts take about half a minute if each fails at once, and two minutes if each times out. */
const MAX_ATTEMPTS = 20
const RETRY_PAUSES = { firstMs: 200, maxMs: 2_000 }

/** Called after each failed attempt with the reason why a stream stores no events, and with undefined when it stores them again. */
export type BlockedListener = (stream: string, problem: ProblemReport | undefined) => void

export interface PublisherOptions {
  /** DATA_DIR, which is needed to recognise a full disk. */
  readonly dataDir?: string
  /**
   * With a listener, publishing waits without a limit while a disk, a stream or an account is full, because the listener
   * reports it. Without a listener, publishing fails at once in that case.
   */
  readonly onBlocked?: BlockedListener
}

/**
 * Publishes messages durably: several messages as one atomic batch, a lone message by a plain publish. The server
 * refuses a whole batch when one of its ids is a duplicate, and a time-out leaves it unknown whether a batch was
 * stored. In both cases the messages are published one by one, which is safe because the server drops ids that it has
 * already.
 *
 * Resolves once every message is stored. Retries for half a minute or longer, also while the connection is down, and
 * without a limit while there is no room (see {@link PublisherOptions}). Meanwhile only one message of a stream is tried,
 * and the others wait for it.
 * @throws OperationalError when the server keeps refusing, and the client's error when the client itself refuses a
 *   message
 */
export class DurablePublisher {
  readonly #js: JetStreamClient
  readonly #connection: NatsConnection
  readonly #options: PublisherOptions
  /** For each stream that refused a message: the retries of that message. */
  readonly #retrying = new Map<string, Promise<PubAck>>()

  constructor(connection: NatsConnection, options: PublisherOptions = {}) {
    this.#connection = connection
    this.#options = options
    this.#js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS })
  }

  /** How many bytes the payload of a message may have. A reconnect may lead to a server with another limit. */
  get maxPayloadBytes(): number {
    return maxMessageBytes(this.#connection)
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    if (messages.length === 0) return { stored: 0, duplicates: 0, dropped: [] }
    if (messages.length === 1) return this.publishSingly(messages)
    if (messages.length > MAX_BATCH_MESSAGES) throw new RangeError(`at most ${MAX_BATCH_MESSAGES} messages a batch`)
    await this.#retrying.get(streamOf(messages[0]!.subject))
    try {
      await this.#publishBatch(messages)
      return { stored: messages.length, duplicates: 0, dropped: [] }
    } catch {
      return this.publishSingly(messages)
    }
  }

  /**
   * Publishes any number of messages, batch by batch. A message that the log dropped because of its id is published again
   * with another one: whoever may publish to the stream may have used the id for something else, such as the id of an
   * erasure for a post, so that the erasure would be lost. The events may be stored twice.
   */
  async publishAll(messages: readonly OutgoingMessage[]): Promise<void> {
    for (let at = 0; at < messages.length; at += MAX_BATCH_MESSAGES) {
      const { dropped } = await this.publish(messages.slice(at, at + MAX_BATCH_MESSAGES))
      await this.publish(dropped.map(withOwnId))
    }
  }

  /** Publishes messages one by one: for streams without atomic batches, and for messages with headers of their own. */
  async publishSingly(messages: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    const dropped: OutgoingMessage[] = []
    for (let start = 0; start < messages.length; start += SINGLES_IN_FLIGHT) {
      const some = messages.slice(start, start + SINGLES_IN_FLIGHT)
      const acks = await Promise.all(some.map((message) => this.#publishOne(message)))
      dropped.push(...some.filter((_, index) => acks[index]!.duplicate))
    }
    return { stored: messages.length - dropped.length, duplicates: dropped.length, dropped }
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

  async #publishOne(message: OutgoingMessage): Promise<PubAck> {
    const stream = streamOf(message.subject)
    for (;;) {
      await this.#retrying.get(stream)
      try {
        return await this.#send(message)
      } catch (error) {
        if (this.#isFinal(error as Error)) throw error
        if (this.#retrying.has(stream)) continue
        const retries = this.#retry(stream, message, error as Error).finally(() => this.#retrying.delete(stream))
        this.#retrying.set(stream, retries)
        return retries
      }
    }
  }

  #send({ subject, payload, messageId: msgID, headers: record }: OutgoingMessage): Promise<PubAck> {
    return this.#js.publish(subject, payload, {
      msgID,
      ...(record === undefined ? {} : { headers: toHeaders(record) }),
    })
  }

  /** Sends a message again until it is stored, and reports why it is not stored. */
  async #retry(stream: string, message: OutgoingMessage, error: Error): Promise<PubAck> {
    const { onBlocked, dataDir } = this.#options
    const backOff = new BackOff(RETRY_PAUSES)
    let told = false
    try {
      // Attempts are counted only while the cause of their failure is unknown.
      for (let attempts = 1; ; attempts++) {
        const problem = await explainFailure({ connection: this.#connection, stream, error, attempts, dataDir })
        const waits = problem !== undefined && onBlocked !== undefined
        if (waits) onBlocked(stream, problem)
        else if (problem !== undefined || attempts >= MAX_ATTEMPTS) throw notStored(message, error, problem)
        told ||= waits
        if (waits) attempts = 0
        await pause(backOff.next())
        try {
          return await this.#send(message)
        } catch (next) {
          error = next as Error
          if (this.#isFinal(error)) throw error
        }
      }
    } finally {
      if (told && !this.#connection.isClosed()) onBlocked?.(stream, undefined)
    }
  }

  /** Whether another attempt would fail in the same way: the client refuses a message that is too large every time. */
  #isFinal(error: Error): boolean {
    return this.#connection.isClosed() || error.name === 'InvalidArgumentError'
  }
}

const withOwnId = (message: OutgoingMessage): OutgoingMessage => ({
  ...message,
  messageId: `${message.messageId}:${nuid.next()}`,
})

function notStored({ subject }: OutgoingMessage, cause: Error, problem: ProblemReport | undefined): OperationalError {
  const why = problem?.what ?? cause.message
  return new OperationalError(`${subject} could not be published: ${why}`, { cause })
}

/** The stream that takes a subject, which the subject names. */
function streamOf(subject: string): string {
  const [first = '', second = ''] = subject.split('.', 2)
  return first === '$KV' ? `KV_${second}` : first.toUpperCase()
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
