import { once } from 'node:events'
import { createServer } from 'node:net'
import { ConfigurationError } from '../schema/runtime/errors.ts'

export interface WantedPort {
  readonly setting: string
  readonly host: string
  readonly port: number
}

/** @throws ConfigurationError naming each setting whose port is taken or cannot be listened on */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems = await Promise.all(wanted.map(problemWith))
  const found = problems.filter((problem) => problem !== undefined)
  if (found.length > 0) throw new ConfigurationError(found)
}

async function problemWith({ setting, host, port }: WantedPort): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      return `port ${port} is taken: another program listens there. Set ${setting} to a free one`
    if (code === 'EACCES') return `port ${port} needs more rights than this user has. Set ${setting} to one above 1023`
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return `this machine has no address ${host}. Set HOST to one of its own, or to 127.0.0.1`
    return `port ${port} (${setting}) cannot be used: ${message}`
  }
}

/** Asks the system for a free port on loopback. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
