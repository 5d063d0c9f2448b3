import { GraphQLRequestError, type GraphQLProblem } from '../graphql.ts'
import { EventStreamParser } from './event-stream.ts'
import { Backoff, wait } from './wait.ts'

/** The server sends a comment every 12 s when it has nothing to say: a connection that is quiet for longer is dead. */
const SILENCE_MS = 30_000
/** What held for so long was no accident: the next loss is tried again soon. */
const STEADY_MS = 5_000

export interface Subscription<T> {
  readonly document: string
  /** Asked for at each connection, so that a new one goes on where the last one ended. */
  readonly variables: () => Record<string, unknown>
  readonly onData: (data: T) => void
  /** At each connection: what happened before it is not in the stream. */
  readonly onOpen: () => void
  readonly onState: (state: 'live' | 'reconnecting') => void
  /** The server answered with an error. True where the variables are now other ones and it is to be tried at once. */
  readonly onRefused?: (error: GraphQLRequestError) => boolean
}

/** Keeps a GraphQL subscription open over server-sent events, through every loss of the connection. @returns how to stop */
export function subscribe<T>(subscription: Subscription<T>): () => void {
  const stopping = new AbortController()
  void keepOpen(subscription, stopping.signal)
  return () => stopping.abort()
}

async function keepOpen<T>(subscription: Subscription<T>, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff()
  while (!signal.aborted) {
    const startMs = performance.now()
    let isChanged = false
    try {
      await read(subscription, signal)
    } catch (error) {
      // A lost connection is said through onState, and tried again.
      if (error instanceof GraphQLRequestError && !signal.aborted) isChanged = subscription.onRefused?.(error) ?? false
    }
    if (signal.aborted) return
    subscription.onState('reconnecting')
    if (performance.now() - startMs > STEADY_MS) backoff.reset()
    await wait(isChanged ? 0 : backoff.next(), signal)
  }
}

/** Reads one connection to its end. @throws GraphQLRequestError for an error in the stream */
async function read<T>(
  { document, variables, onData, onOpen, onState }: Subscription<T>,
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
    // A refusal is a stream, too, which holds the reason.
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    if (!isStream || response.body === null) throw new Error(`the server answered ${response.status}`)
    if (response.ok) {
      onState('live')
      onOpen()
    }
    const parser = new EventStreamParser()
    for await (const chunk of toChunks(response.body)) {
      silence.broken()
      for (const event of parser.push(chunk)) {
        if (event.name === 'complete') return
        onData(toData(event.data) as T)
      }
    }
  } finally {
    silence.end()
  }
}

class SilenceWatch {
  readonly #controller = new AbortController()
  #timer = this.#start()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  broken(): void {
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

/** Not every browser can iterate over a stream by itself. */
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

function toData(text: string): unknown {
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: GraphQLProblem[] }
  if (errors?.[0] !== undefined) throw new GraphQLRequestError(errors[0])
  return data
}
