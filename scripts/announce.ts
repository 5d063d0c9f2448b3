import { untilAnswers } from './until-answers.ts'

const PAGE_TIMEOUT_MS = 60_000
const READY_TIMEOUT_MS = 5_000

interface Addresses {
  /** The address that is printed. */
  readonly url: string
  /** The path that has to answer with content before the address is printed. */
  readonly firstPage: string
  readonly gatewayUrl: string
}

/** Prints the page's address once the page has content; before that it waits some seconds for the gateway to be ready. */
export async function announce({ url, firstPage, gatewayUrl }: Addresses): Promise<void> {
  await untilAnswers(url + firstPage, {
    what: `The page at ${url}`,
    timeoutMs: PAGE_TIMEOUT_MS,
    headers: { accept: 'text/html' },
  })
  // The page is useful even when the gateway is not ready, for example because the log does not answer or the scorer
  // cannot start.
  await untilAnswers(`${gatewayUrl}/readyz`, { what: 'The gateway', timeoutMs: READY_TIMEOUT_MS }).catch(() => {})
  process.stdout.write(`\n  Gravitas is running: ${url}\n  Ctrl-C stops it.\n\n`)
}
