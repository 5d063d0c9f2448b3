import { existsSync } from 'node:fs'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { secretFile, type ServerAddress } from '../../schema/runtime/nats.ts'
import { requireServer } from '../../schema/runtime/require-server.ts'

/**
 * Tries to connect once as the user that may erase.
 * @throws OperationalError when nothing answers, the credentials are refused, or the server is of a time before this user
 */
export async function requireEraser({ url, dataDir }: Omit<ServerAddress, 'user'>): Promise<void> {
  const has = (user: 'eraser' | 'projector'): boolean => existsSync(secretFile(dataDir, user))
  // A server is started with a secret for each user there is; a URL may bring credentials of its own.
  if (new URL(url).username === '' && has('projector') && !has('eraser')) {
    throw new OperationalError(
      'The NATS server was started by a version of Gravitas that could not erase posts. Stop it and run npm start once, then run this again.',
    )
  }
  await requireServer({ url, user: 'eraser', dataDir })
}
