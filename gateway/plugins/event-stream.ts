import { Readable } from 'node:stream'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { COMPLETE, encodeFrame, HEARTBEAT, OPENING } from './frames.ts'
import type { Frames } from './shared-answers.ts'

const HEARTBEAT_INTERVAL_MS = 12_000
/**
 * While so many bytes wait for a reader, besides the socket's own buffers, nothing is taken from its source.
 * `http/answer-watch.ts` cuts off a reader that takes nothing for long.
 */
const BUFFER_BYTES = 16_384

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Without this header, some proxies collect a few kilobytes before they pass anything on.
  'x-accel-buffering': 'no',
}

type OnResultProcess = NonNullable<Plugin['onResultProcess']>
type ResultProcessor = Parameters<Parameters<OnResultProcess>[0]['setResultProcessor']>[0]

/**
 * Sends subscriptions as server-sent events.
 * @param onDelivered called with the number of answers that were handed to a reader
 */
export function useEventStream(onDelivered: (answers: number) => void): Plugin {
  return {
    onResultProcess: (event) => {
      // Without a result processor the client does not accept event streams; Yoga then answers 406.
      if (!isAsyncIterable(event.result) || event.resultProcessor === undefined) return
      const toResponse: ResultProcessor = (answers, { Response }) =>
        new Response(new EventStream(answers as AsyncIterable<object>, onDelivered) as never, { headers: HEADERS })
      event.setResultProcessor(toResponse, 'text/event-stream')
    },
  }
}

class EventStream extends Readable {
  readonly #answers: AsyncIterator<object>
  readonly #onDelivered: (answers: number) => void
  readonly #timer: NodeJS.Timeout
  #lastPushMs = performance.now()
  #isReading = false

  constructor(answers: AsyncIterable<object>, onDelivered: (answers: number) => void) {
    super({ highWaterMark: BUFFER_BYTES })
    this.#answers = answers[Symbol.asyncIterator]()
    this.#onDelivered = onDelivered
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS)
    this.push(OPENING)
  }

  override _read(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.#answers.next().then(
      ({ done, value }) => {
        this.#isReading = false
        if (done !== true) return this.#send(value)
        clearInterval(this.#timer)
        this.push(COMPLETE)
        this.push(null)
      },
      (error: Error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#timer)
    void Promise.resolve(this.#answers.return?.()).then(
      () => callback(error),
      () => callback(error),
    )
  }

  #send(value: object): void {
    const { bytes, count } = 'bytes' in value ? (value as Frames) : { bytes: encodeFrame(value), count: 1 }
    this.#lastPushMs = performance.now()
    this.#onDelivered(count)
    this.push(bytes)
  }

  #beat(): void {
    const quietMs = performance.now() - this.#lastPushMs
    if (this.readableLength === 0 && quietMs >= HEARTBEAT_INTERVAL_MS) this.push(HEARTBEAT)
  }
}
