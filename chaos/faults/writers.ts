import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { compareWithReplay } from '../check/check.ts'
import { settleReadModel } from '../check/settle.ts'
import type { Fault } from './fault.ts'

const END_MS = 20_000

/** A second projector of the same file has to end by itself, and must not disturb the first one. */
const secondWriter: Fault = {
  name: 'a second writer of a file',
  run: async ({ system, draw }) => {
    const name = draw.pick(READ_MODEL_NAMES)
    const child = system.run('second-writer', ['projections/main.ts', name])
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    clearTimeout(timer)
    if (signal !== null) throw new Error(`a second projector of ${name}.db went on for ${END_MS / 1_000} s`)
    if (code === 0) throw new Error(`a second projector of ${name}.db ended without an error`)
    return `${name}, ended with ${code}`
  },
}

/** A second host follows the same log with a file of its own. */
const secondHost: Fault = {
  name: 'a second host with files of its own',
  run: async ({ system, draw, history, connection, log, afterwards }) => {
    const name = draw.pick(READ_MODEL_NAMES)
    const dataDir = await system.makeDataDir(`second-host-${history.nextNumber()}`, 'projector')
    const settings = { DATA_DIR: dataDir }
    const child = system.run('second-host', ['projections/main.ts', name], settings)
    afterwards.push(async () => {
      try {
        await settleReadModel(connection, dataDir, name, END_MS)
        compareWithReplay(log, dataDir, name, { withLost: false })
      } finally {
        await stop(child)
      }
    })
    return name
  },
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

export const writerFaults: readonly Fault[] = [secondWriter, secondHost]
