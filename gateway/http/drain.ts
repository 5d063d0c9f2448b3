import { once } from 'node:events'
import type { Server } from 'node:http'

/** When a server closes, unfinished answers have this long to be sent. */
const TIMEOUT_MS = 1_500

/**
 * Counts a server's open answers from now on.
 * @returns a function that closes the server: it takes no new requests, waits until all answers are sent, and then ends
 *   the connections
 */
export function drainable(server: Server): () => Promise<void> {
  let open = 0
  let onQuiet = (): void => {}
  server.prependListener('request', (_, response) => {
    open++
    response.once('close', () => {
      if (--open === 0) onQuiet()
    })
  })
  return async () => {
    const closed = once(server, 'close')
    server.close()
    const timeout = setTimeout(() => onQuiet(), TIMEOUT_MS)
    await new Promise<void>((resolve) => {
      onQuiet = resolve
      if (open === 0) resolve()
    })
    clearTimeout(timeout)
    // The remaining connections have no request, or an answer that ran out of time.
    server.closeAllConnections()
    await closed
  }
}
