import { connect } from '@nats-io/transport-node'
import { OperationalError } from './errors.ts'
import { serverOptions, type ServerAddress } from './nats.ts'
import { describeServers } from './nats-servers.ts'

const ANSWER_TIMEOUT_MS = 2_000

const ADVICE = 'Start Gravitas with npm start, or set NATS_URL or NATS_PORT to where a NATS server runs.'

/**
 * Tries each server once until one answers, for commands. Services wait for their server without a limit, but a person at a terminal
 * should not have to.
 * @throws OperationalError when nothing answers, or the credentials are refused
 */
export async function requireServer(
  options: ServerAddress & {
    /** The advice to give when nothing answers. */
    readonly advice?: string
  },
): Promise<void> {
  const servers = describeServers(options.url)
  try {
    const connection = await connect({
      ...serverOptions(options),
      timeout: ANSWER_TIMEOUT_MS,
      reconnect: false,
    })
    await connection.close()
  } catch (cause) {
    throw new OperationalError(explain(servers, cause as Error, options.advice), { cause })
  }
}

function explain(servers: string, { name, message }: Error, advice = ADVICE): string {
  if (/authori|authenti/i.test(`${name} ${message}`))
    return `The NATS server at ${servers} refuses the credentials. Put valid ones into NATS_URL (nats://user:password@${servers.split(',')[0]}), or set DATA_DIR to the data folder of that server.`
  return `Nothing answers at ${servers}. ${advice}`
}
