import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { isSeed, NATS_USERS, secretFile, WITH_PASSWORD, type NatsUser } from '../schema/runtime/nats.ts'
import { parseServers } from '../schema/runtime/nats-servers.ts'

/** What nats.conf needs to know of the users: variables with passwords and with the public keys of nkeys. */
export type ServerCredentials = Readonly<Record<string, string>>

/**
 * Makes the secrets that are missing, in files that only their owner can read: a password for the users of contexts, and
 * the seed of an nkey for every process. A process that the server does not know cannot learn a seed from the server.
 * It also writes `server.env`, for a nats-server that is started by hand.
 * @returns the variables of nats.conf
 */
export async function ensureSecrets(dataDir: string): Promise<ServerCredentials> {
  await mkdir(join(dataDir, 'secrets'), { recursive: true, mode: 0o700 })
  const entries = await Promise.all(NATS_USERS.map((user) => ensureSecret(dataDir, user)))
  const lines = entries.map(([name, value]) => `${name}=${value}\n`)
  await writePrivately(join(dataDir, 'secrets', 'server.env'), lines.join(''))
  return Object.fromEntries(entries)
}

async function ensureSecret(dataDir: string, user: NatsUser): Promise<[name: string, value: string]> {
  const file = secretFile(dataDir, user)
  const existing = await readSecret(file)
  const hasPassword = WITH_PASSWORD.has(user)
  // Former versions had a password for every user.
  const isUsable = existing !== undefined && isSeed(existing) !== hasPassword
  const secret = isUsable ? existing : hasPassword ? makePassword() : makeSeed()
  if (!isUsable) await writePrivately(file, `${secret}\n`)
  const variable = `NATS_${user.toUpperCase()}`
  return hasPassword ? [`${variable}_PASSWORD`, secret] : [`${variable}_NKEY`, publicKeyOf(secret)]
}

/** Without a letter in front, nats-server would read some passwords as numbers. */
const makePassword = (): string => `p${randomBytes(24).toString('hex')}`
const makeSeed = (): string => Buffer.from(nkeys.createUser().getSeed()).toString()
const publicKeyOf = (seed: string): string => nkeys.fromSeed(Buffer.from(seed)).getPublicKey()

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
 * Writes contexts for the `nats` CLI and other tools: `nats-context.json` of the administrator, and
 * `publisher-context.json` of a user who may only publish posts. Each has the servers' URLs, separated by commas, and
 * credentials, which come from the URLs or else from the data folder.
 */
export async function writeNatsContexts(dataDir: string, url: string): Promise<void> {
  await writeContext(dataDir, url, 'admin', 'nats-context.json')
  await writeContext(dataDir, url, 'publisher', 'publisher-context.json')
}

async function writeContext(dataDir: string, url: string, user: NatsUser, file: string): Promise<void> {
  const { hosts, protocol, credentials } = parseServers(url)
  const secret = await readSecret(secretFile(dataDir, user))
  const own = secret === undefined ? { user: '', password: '' } : { user, password: secret }
  const context = {
    description: user === 'admin' ? 'Gravitas' : `Gravitas, as ${user}`,
    url: hosts.map((host) => `${protocol}//${host}`).join(','),
    ...(credentials ?? own),
  }
  await writePrivately(join(dataDir, file), `${JSON.stringify(context, null, 2)}\n`)
}
