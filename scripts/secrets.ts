import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NATS_USERS, secretFile, type NatsUser } from '../schema/runtime/nats.ts'
import { parseServers } from '../schema/runtime/nats-servers.ts'

export type Secrets = Readonly<Record<NatsUser, string>>

/** Returns the users' passwords. The first start makes them, in files that only their owner can read. */
export async function ensureSecrets(dataDir: string): Promise<Secrets> {
  const entries = await Promise.all(
    NATS_USERS.map(async (user) => [user, await ensureSecret(secretFile(dataDir, user))]),
  )
  return Object.fromEntries(entries) as Secrets
}

async function ensureSecret(file: string): Promise<string> {
  const existing = await readSecret(file)
  if (existing !== undefined) return existing
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // Without a letter in front, nats-server would read some passwords as numbers.
  const secret = `p${randomBytes(24).toString('hex')}`
  await writePrivately(file, `${secret}\n`)
  return secret
}

async function readSecret(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.trim() || undefined
}

/** Writes a file in one step, so that nobody reads an incomplete file, and the file never has wider rights. */
async function writePrivately(file: string, text: string): Promise<void> {
  const incoming = `${file}.${process.pid}`
  await writeFile(incoming, text, { mode: 0o600 })
  await rename(incoming, file)
}

/**
 * Writes the context for the `nats` CLI and other tools: the servers' URLs, separated by commas, and the administrator's
 * credentials, which come from the URLs or else from the data folder.
 */
export async function writeNatsContext(dataDir: string, url: string): Promise<void> {
  const { hosts, protocol, credentials } = parseServers(url)
  const secret = await readSecret(secretFile(dataDir, 'admin'))
  const admin = secret === undefined ? { user: '', password: '' } : { user: 'admin', password: secret }
  const context = {
    description: 'Gravitas',
    url: hosts.map((host) => `${protocol}//${host}`).join(','),
    ...(credentials ?? admin),
  }
  await writePrivately(join(dataDir, 'nats-context.json'), `${JSON.stringify(context, null, 2)}\n`)
}
