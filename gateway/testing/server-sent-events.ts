/** An answer that has errors instead of data. */
export class SubscriptionError extends Error {
  override name = 'SubscriptionError'
  readonly code: string | undefined
  constructor({ message, extensions }: { message: string; extensions?: { code?: string } }) {
    super(message)
    this.code = extensions?.code
  }
}

interface Result<T> {
  readonly data?: T
  readonly errors?: readonly [{ message: string; extensions?: { code?: string } }]
}

/**
 * The data of each event of a GraphQL subscription. Ends when the server completes the subscription. @throws
 * SubscriptionError
 */
export async function* readEvents<T>(response: Response): AsyncGenerator<T> {
  const decoder = new TextDecoder()
  let buffered = ''
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    buffered += decoder.decode(chunk, { stream: true })
    const frames = buffered.split('\n\n')
    buffered = frames.pop()!
    for (const frame of frames) {
      if (frame.startsWith('event: complete')) return
      const text = /^data: ?(\{.*)$/m.exec(frame)?.[1]
      if (text === undefined) continue
      const { data, errors } = JSON.parse(text) as Result<T>
      if (errors !== undefined) throw new SubscriptionError(errors[0])
      yield data!
    }
  }
}

/** Opens a subscription; abort `signal` to leave. */
export const subscribe = (url: string, query: string, signal: AbortSignal): Promise<Response> =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
    signal,
  })
