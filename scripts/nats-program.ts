import { join } from 'node:path'
import { recordProcess } from './process-records.ts'
import type { Secrets } from './secrets.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'
import type { Program } from './supervisor.ts'

export interface NatsServerOptions {
  /** Path of nats-server. */
  readonly binary: string
  /** Holds the streams (jetstream/) and the log (nats-server.log). */
  readonly dataDir: string
  readonly natsPort: number
  readonly monitorPort: number
  readonly secrets: Secrets
}

/** nats-server with nats.conf, listening on loopback only; it ends with the process that started it. */
export function natsServerProgram({ binary, dataDir, natsPort, monitorPort, secrets }: NatsServerOptions): Program {
  const passwords = Object.entries(secrets).map(([user, secret]) => [`NATS_${user.toUpperCase()}_PASSWORD`, secret])
  const log = join(dataDir, 'nats-server.log')
  return {
    name: 'nats-server',
    ...stopWithLauncher(binary, ['-c', 'nats.conf', '-l', log]),
    env: {
      ...Object.fromEntries(passwords),
      NATS_LISTEN: `"127.0.0.1:${natsPort}"`,
      NATS_MONITOR: `"127.0.0.1:${monitorPort}"`,
      JETSTREAM_DIR: JSON.stringify(join(dataDir, 'jetstream')),
      // A soft limit: the server collects garbage harder before it grows past it. With 256 MiB that takes a third of its time
      // while a dump is imported.
      GOMEMLIMIT: process.env['GOMEMLIMIT'] ?? '320MiB',
    },
    output: 'ignore',
    advice: `the end of ${log} says why`,
    onStart: (pid) => recordProcess(dataDir, 'nats-server', pid),
  }
}
