import { setTimeout as pause } from 'node:timers/promises'
import { OperationalError } from '../schema/runtime/errors.ts'

const POLL_MS = 50
/** The pause after a failed answer. It is longer, because the server may log every request that fails. */
const POLL_FAILING_MS = 500
const REQUEST_TIMEOUT_MS = 5_000

export interface WaitOptions {
  /** The subject of the error message's sentence. */
  readonly what: string
  readonly timeoutMs: number
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Resolves when an address answers with success and content. @throws OperationalError when it does not answer in time
 */
export async function untilAnswers(url: string, { what, timeoutMs, headers = {} }: WaitOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const answer = await ask(url, headers)
    if (answer === 'content') return
    await pause(answer === 'failure' ? POLL_FAILING_MS : POLL_MS)
  }
  throw new OperationalError(`${what} did not answer within ${timeoutMs / 1_000} s.`)
}

async function ask(url: string, headers: Readonly<Record<string, string>>): Promise<'content' | 'failure' | 'nobody'> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const body = await response.text()
    return response.ok && body !== '' ? 'content' : 'failure'
  } catch {
    return 'nobody'
  }
}
