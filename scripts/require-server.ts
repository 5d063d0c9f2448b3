import { existsSync, readFileSync } from 'node:fs'
import { connect } from '@nats-io/transport-node'
import { OperationalError } from '../schema/runtime/errors.ts'
import { secretFile, type NatsUser } from '../schema/runtime/nats.ts'

const ANSWER_TIMEOUT_MS = 2_000

interface ServerAddress {
  readonly url: string
  readonly user: NatsUser
  readonly dataDir: string
  /** What to do where nothing answers. */
  readonly advice?: string
}

const ADVICE = 'Start Gravitas with npm start, or set NATS_URL or NATS_PORT to where a NATS server runs.'

/**
 * Tries to connect once. The processes wait for their server for ever; a person at a terminal should not.
 * @throws OperationalError when nothing answers, or the credentials are refused
 */
export async function requireServer(options: ServerAddress): Promise<void> {
  const { host } = new URL(options.url)
  try {
    const connection = await connect({
      servers: host,
      ...credentials(options),
      timeout: ANSWER_TIMEOUT_MS,
      reconnect: false,
    })
    await connection.close()
  } catch (cause) {
    throw new OperationalError(explain(host, cause as Error, options.advice), { cause })
  }
}

function explain(host: string, { name, message }: Error, advice = ADVICE): string {
  if (/authori|authenti/i.test(`${name} ${message}`))
    return `The NATS server at ${host} refuses the credentials. Put others into NATS_URL (nats://user:password@${host}), or set DATA_DIR to the folder that belongs to it.`
  return `Nothing answers at ${host}. ${advice}`
}

function credentials({ url, user, dataDir }: ServerAddress) {
  const { username, password } = new URL(url)
  if (username !== '') return { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  const file = secretFile(dataDir, user)
  return existsSync(file) ? { user, pass: readFileSync(file, 'utf8').trim() } : {}
}
