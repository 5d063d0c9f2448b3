import { join } from 'node:path'
import { recordProcess } from './process-records.ts'
import type { ServerCredentials } from './secrets.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'
import type { Program } from './supervisor.ts'

export interface NatsServerOptions {
  /** Path of nats-server. */
  readonly binary: string
  /** The folder of the streams (jetstream/) and of the server's messages (nats-server.log). */
  readonly dataDir: string
  readonly natsPort: number
  /** The port for monitoring on loopback; 0: none. */
  readonly monitorPort: number
  readonly credentials: ServerCredentials
}

/** nats-server with nats.conf. It listens on loopback only, and ends with the process that started it. */
export function natsServerProgram({ binary, dataDir, natsPort, monitorPort, credentials }: NatsServerOptions): Program {
  const log = join(dataDir, 'nats-server.log')
  return {
    name: 'nats-server',
    ...stopWithLauncher(binary, ['-c', 'nats.conf', '-l', log]),
    env: {
      ...credentials,
      NATS_LISTEN: `"127.0.0.1:${natsPort}"`,
      NATS_MONITOR: `"127.0.0.1:${monitorPort}"`,
      JETSTREAM_DIR: JSON.stringify(join(dataDir, 'jetstream')),
      // This is a soft limit: close to it, the server collects garbage more often. With 256 MiB, garbage collection
      // would take a third of the server's time during the import of a dump.
      GOMEMLIMIT: process.env['GOMEMLIMIT'] ?? '320MiB',
    },
    output: 'ignore',
    advice: `the end of ${log} says why`,
    onStart: (pid) => recordProcess(dataDir, 'nats-server', pid),
  }
}
