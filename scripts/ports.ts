import { once } from 'node:events'
import { createServer } from 'node:net'
import { ConfigurationError } from '../schema/runtime/errors.ts'

export interface WantedPort {
  readonly setting: string
  readonly host: string
  readonly port: number
}

/** @throws ConfigurationError naming each setting whose port is taken */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: string[] = []
  for (const { setting, host, port } of wanted) {
    if (!(await isFree(host, port)))
      taken.push(`port ${port} is taken: another program listens there. Set ${setting} to a free one`)
  }
  if (taken.length > 0) throw new ConfigurationError(taken)
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
