import type { Headers } from './headers.ts'

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Sends one request and does not follow redirects. Rejects when the connection fails or the signal is aborted. */
export type Fetch = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>

/** A page of a hundred long posts has less than five million bytes. */
const MAX_ANSWER_BYTES = 32 * 2 ** 20

/** Node's own fetch. It rejects when an answer is longer than 32 MiB. */
export const systemFetch: Fetch = async ({ url, method = 'GET', headers = {}, body }, signal) => {
  const init = { method, headers, redirect: 'manual', signal } as const
  const answer = await fetch(url, body === undefined ? init : { ...init, body })
  return { status: answer.status, headers: answer.headers, text: await readText(answer) }
}

async function readText(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
