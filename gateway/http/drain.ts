import { once } from 'node:events'
import type { Server } from 'node:http'

/** Open answers have this long to go out. */
const TIMEOUT_MS = 1_500

/** Watches a server's answers. @returns what closes it: no new requests, then no connections once all answers are out */
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
    // Kept alive without a request, or out of time.
    server.closeAllConnections()
    await closed
  }
}
