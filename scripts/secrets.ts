import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NATS_USERS, secretFile, type NatsUser } from '../schema/runtime/nats.ts'

export type Secrets = Readonly<Record<NatsUser, string>>

/** The users' passwords, made at first start in files that only their owner can read. */
export async function ensureSecrets(dataDir: string): Promise<Secrets> {
  const entries = await Promise.all(
    NATS_USERS.map(async (user) => [user, await ensureSecret(secretFile(dataDir, user))]),
  )
  return Object.fromEntries(entries) as Secrets
}

async function ensureSecret(file: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // The leading letter keeps the configuration parser from taking a password for a number.
    await writeFile(file, `p${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  }
  return (await readFile(file, 'utf8')).trim()
}

/** Writes the context for the `nats` CLI and other tools: the server's URL with the administrator's credentials. */
export async function writeNatsContext(dataDir: string, url: string, password: string | undefined): Promise<void> {
  const file = join(dataDir, 'nats-context.json')
  const { username, password: inUrl, host, protocol } = new URL(url)
  const user = username === '' ? (password === undefined ? '' : 'admin') : decodeURIComponent(username)
  const context = {
    description: 'Gravitas',
    url: `${protocol}//${host}`,
    user,
    password: username === '' ? (password ?? '') : decodeURIComponent(inUrl),
  }
  await writeFile(file, `${JSON.stringify(context, null, 2)}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
}
