const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

/** The data of all whole `next` events in a piece of an event stream, and what is left of it. */
export function parseEvents(text: string): { data: string[]; rest: string } {
  const frames = text.split('\n\n')
  const rest = frames.pop()!
  const data = frames.flatMap((frame) => {
    const lines = frame.split('\n')
    if (!lines.includes('event: next')) return []
    return lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
  })
  return { data, rest }
}

export interface Subscribe<T> {
  readonly document: string
  /** Asked for at each connection, so that a new one goes on where the last one ended. */
  readonly variables: () => Record<string, unknown>
  readonly onData: (data: T) => void
  readonly onState: (isLive: boolean) => void
}

/** Keeps a GraphQL subscription open over server-sent events, through every loss of the connection. @returns how to stop */
export function subscribe<T>({ document, variables, onData, onState }: Subscribe<T>): () => void {
  const stopping = new AbortController()
  void keepOpen()
  return () => stopping.abort()

  async function keepOpen(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    while (!stopping.signal.aborted) {
      try {
        await read(() => (pauseMs = FIRST_PAUSE_MS))
      } catch {
        // Lost; said through onState, and tried again.
      }
      if (stopping.signal.aborted) return
      onState(false)
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.75 + Math.random() / 2)))
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }

  async function read(onOpen: () => void): Promise<void> {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: document, variables: variables() }),
      signal: stopping.signal,
    })
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`)
    onOpen()
    onState(true)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const parsed = parseEvents(rest + value)
      rest = parsed.rest
      for (const text of parsed.data) {
        const { data } = JSON.parse(text) as { data?: T | null }
        if (data) onData(data)
      }
    }
  }
}
