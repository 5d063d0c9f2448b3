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

/**
 * Starts the NATS server as `npm start` does: with nats.conf, its users and their rights.
 * @param change alters nats.conf, for a test in which a right is missing
 */
export async function startSecuredNats(change = (conf: string): string => conf): Promise<SecuredNats> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-data-'))
  const [port, monitorPort] = [await freePort(), await freePort()]
  const secrets = await ensureSecrets(dataDir)
  const passwords = Object.entries(secrets).map(([user, secret]) => [`NATS_${user.toUpperCase()}_PASSWORD`, secret])
  const configuration = join(dataDir, 'nats.conf')
  await writeFile(configuration, change(await readFile('nats.conf', 'utf8')))
  const server = spawn(process.env['GRAVITAS_NATS_SERVER'] ?? 'nats-server', ['-c', configuration], {
    stdio: 'ignore',
    env: {
      ...Object.fromEntries(passwords),
      NATS_LISTEN: `"127.0.0.1:${port}"`,
      NATS_MONITOR: `"127.0.0.1:${monitorPort}"`,
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
