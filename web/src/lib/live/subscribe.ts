import type { TypedDocumentString } from '../generated/documents.ts'
import { GraphQLRequestError, toData, type Answer } from '../graphql.ts'
import { EventStreamParser } from './event-stream.ts'
import { Backoff, wait } from './wait.ts'

/** The server sends at least a comment every 12 s, so a connection that is silent for longer is dead. */
const SILENCE_MS = 30_000
/** A connection that lasted this long resets the pauses between attempts. */
const STEADY_MS = 5_000

export interface Subscription<Data, Variables> {
  readonly document: TypedDocumentString<Data, Variables>
  /** Called before each connection, so that a new connection can resume where the last one ended. */
  readonly variables: () => Variables
  readonly onData: (data: Data) => void
  /** Called at each connection: earlier changes are not in the stream. */
  readonly onOpen: () => void
  readonly onState: (state: 'live' | 'reconnecting') => void
  /** Called when the server answers with an error. Returns true to try again at once with other variables. */
  readonly onRefused?: (error: GraphQLRequestError) => boolean
}

/** Keeps a GraphQL subscription over server-sent events open and reconnects when it breaks. @returns a function that stops */
export function subscribe<Data, Variables>(subscription: Subscription<Data, Variables>): () => void {
  const stopping = new AbortController()
  void keepOpen(subscription, stopping.signal)
  return () => stopping.abort()
}

async function keepOpen<Data, Variables>(
  subscription: Subscription<Data, Variables>,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff()
  while (!signal.aborted) {
    const startMs = performance.now()
    let retriesAtOnce = false
    try {
      await read(subscription, signal)
    } catch (error) {
      // Every other error means a broken connection, which `onState` reports below.
      if (error instanceof GraphQLRequestError && !signal.aborted)
        retriesAtOnce = subscription.onRefused?.(error) ?? false
    }
    if (signal.aborted) return
    subscription.onState('reconnecting')
    if (performance.now() - startMs > STEADY_MS) backoff.reset()
    await wait(retriesAtOnce ? 0 : backoff.next(), signal)
  }
}

/** Reads one connection to its end. @throws GraphQLRequestError when the stream contains an error */
async function read<Data, Variables>(
  { document, variables, onData, onOpen, onState }: Subscription<Data, Variables>,
  stop: AbortSignal,
): Promise<void> {
  const silence = new SilenceWatch()
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: document, variables: variables() }),
      signal: AbortSignal.any([stop, silence.signal]),
    })
    // A refused subscription is also answered with a stream, whose only event is the error.
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    if (!isStream || response.body === null) throw new Error(`the server answered ${response.status}`)
    if (response.ok) {
      onState('live')
      onOpen()
    }
    const parser = new EventStreamParser()
    for await (const chunk of toChunks(response.body)) {
      silence.restart()
      for (const event of parser.push(chunk)) {
        if (event.name === 'complete') return
        onData(toData(JSON.parse(event.data) as Answer<Data>))
      }
    }
  } finally {
    silence.end()
  }
}

/** Aborts its signal when nothing arrives for too long. */
class SilenceWatch {
  readonly #controller = new AbortController()
  #timer = this.#start()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Call it when something arrives. */
  restart(): void {
    this.end()
    this.#timer = this.#start()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), SILENCE_MS)
  }
}

/** Iterates over a body with a reader, because not every browser can iterate over a stream. */
async function* toChunks(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
