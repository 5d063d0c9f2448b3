import { untilAnswers } from './until-answers.ts'

const PAGE_TIMEOUT_MS = 60_000
const READY_TIMEOUT_MS = 5_000

interface Addresses {
  /** What is printed. */
  readonly url: string
  /** What has to answer with content before. */
  readonly firstPage: string
  readonly gatewayUrl: string
}

/** Prints the page's address once it has content, and is live if that takes no more than some seconds. */
export async function announce({ url, firstPage, gatewayUrl }: Addresses): Promise<void> {
  await untilAnswers(url + firstPage, {
    what: `The page at ${url}`,
    timeoutMs: PAGE_TIMEOUT_MS,
    headers: { accept: 'text/html' },
  })
  // It is useful without: the log may be gone for a while, or the scorer be unable to start.
  await untilAnswers(`${gatewayUrl}/readyz`, { what: 'The gateway', timeoutMs: READY_TIMEOUT_MS }).catch(() => {})
  process.stdout.write(`\n  Gravitas is running: ${url}\n  Ctrl-C stops it.\n\n`)
}
