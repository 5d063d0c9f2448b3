import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../schema/testing/nats-server.ts'
import { ensureSecrets } from '../secrets.ts'

interface SecuredNats extends AsyncDisposable {
  readonly url: string
  /** The folder with the users' secrets, and with the streams under `jetstream`. */
  readonly dataDir: string
}

/** Changes nats.conf so that no process may use a subject of the log. */
export const withoutImports =
  (subject: string) =>
  (conf: string): string =>
    conf.replaceAll(`{ service: { account: GRAVITAS, subject: "${subject}" } }`, '')

/**
 * Starts the NATS server as `npm start` does: with nats.conf, its users and their rights.
 * @param change alters nats.conf, for a test in which a right is missing
 */
export async function startSecuredNats(change = (conf: string): string => conf): Promise<SecuredNats> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-data-'))
  const port = await freePort()
  const credentials = await ensureSecrets(dataDir)
  const configuration = join(dataDir, 'nats.conf')
  await writeFile(configuration, change(await readFile('nats.conf', 'utf8')))
  const server = spawn(process.env['GRAVITAS_NATS_SERVER'] ?? 'nats-server', ['-c', configuration], {
    stdio: 'ignore',
    env: {
      ...credentials,
      NATS_LISTEN: `"127.0.0.1:${port}"`,
      NATS_MONITOR: '"127.0.0.1:0"',
      JETSTREAM_DIR: JSON.stringify(join(dataDir, 'jetstream')),
    },
  })
  return {
    url: `nats://127.0.0.1:${port}`,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGKILL')
      await once(server, 'exit')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
