/** The data of each `next` event of a GraphQL subscription. Ends when the response does. */
export async function* readEvents<T>(response: Response): AsyncGenerator<T> {
  let buffered = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    buffered += chunk
    const frames = buffered.split('\n\n')
    buffered = frames.pop()!
    for (const frame of frames) {
      const data = /^data: ?(\{.*)$/m.exec(frame)?.[1]
      if (data !== undefined) yield (JSON.parse(data) as { data: T }).data
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
