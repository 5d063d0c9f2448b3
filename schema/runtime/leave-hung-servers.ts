import type { Socket } from 'node:net'
import type { NatsConnection } from '@nats-io/transport-node'

/** A part of the client's inside, which it has no public way to reach. */
interface Inside {
  readonly protocol?: { readonly transport?: { readonly socket?: Socket } }
}

/**
 * Destroys the socket of a connection whose pings stay unanswered. The client itself (3.4.0) closes it only after all bytes were
 * written, which never happens while the server hangs and the system's buffers are full: then it would wait for that server
 * for ever, and not move on to another one.
 */
export function leaveHungServers(connection: NatsConnection): void {
  const watch = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (type === 'staleConnection') (connection as unknown as Inside).protocol?.transport?.socket?.destroy()
    }
  }
  void watch()
}
