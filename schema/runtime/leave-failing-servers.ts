import type { Socket } from 'node:net'
import { jetstreamManager } from '@nats-io/jetstream'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'

/** For this long after a server was left, another one is tried first. */
const AVOID_MS = 10_000
/** A server is left after this many failed checks in a row. A cluster elects a new leader in less time. */
const MAX_FAILURES = 3

/** A part of the client's internals, to which the client gives no public access. */
interface Inside {
  readonly protocol?: { readonly transport?: { readonly socket?: Socket } }
}

/**
 * Moves a connection to another server when its server fails without closing the connection: the server hangs, or it
 * answers but is cut off from the cluster that has the log.
 */
export class FailingServers {
  readonly #checkIntervalMs: number
  #left: { readonly server: string; readonly atMs: number } | undefined

  constructor(checkIntervalMs = 5_000) {
    this.#checkIntervalMs = checkIntervalMs
  }

  /** An option of the client. Without it, the client tries the server that it has just left first. */
  readonly reconnectToServer: NonNullable<ConnectionOptions['reconnectToServer']> = ([next, other]) => {
    const isLeft = next?.listen === this.#left?.server && performance.now() - (this.#left?.atMs ?? 0) < AVOID_MS
    return isLeft ? (other ?? null) : null
  }

  watch(connection: NatsConnection): void {
    void this.#leaveHung(connection)
    // A server that is not part of a cluster has no other one with the same log.
    if (connection.info?.cluster !== undefined) void this.#leaveWithoutLog(connection)
  }

  /**
   * Destroys the socket when pings stay unanswered. The client (3.4.0) closes the socket only after all bytes were written.
   * While the server hangs and the system's buffers are full, that never happens, and the client would wait for ever.
   */
  async #leaveHung(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      // The client may choose the next server before this loop learns that the connection is stale. So a late ping counts.
      if (status.type === 'ping' && status.pendingPings > 1) this.#note(connection)
      if (status.type === 'staleConnection') (connection as unknown as Inside).protocol?.transport?.socket?.destroy()
    }
  }

  /** A server that is cut off from its cluster answers pings, but nothing about the log. */
  async #leaveWithoutLog(connection: NatsConnection): Promise<void> {
    const options = { checkAPI: false, timeout: this.#checkIntervalMs }
    const jsm = await jetstreamManager(connection, options)
    let failures = 0
    const check = async (): Promise<void> => {
      const server = connection.getServer()
      const isAnswered = await jsm.getAccountInfo().then(
        () => true,
        () => false,
      )
      failures = isAnswered || connection.getServer() !== server ? 0 : failures + 1
      if (failures < MAX_FAILURES) return
      failures = 0
      this.#note(connection)
      await connection.reconnect()
    }
    const timer = setInterval(() => void check().catch(() => {}), this.#checkIntervalMs)
    timer.unref()
    await connection.closed()
    clearInterval(timer)
  }

  #note(connection: NatsConnection): void {
    this.#left = { server: connection.getServer(), atMs: performance.now() }
  }
}
