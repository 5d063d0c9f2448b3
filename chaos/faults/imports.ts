import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Draw } from '../random.ts'
import type { Fact, History } from '../load/history.ts'
import { generatePost } from '../load/posts.ts'
import { ERASE, INGEST } from '../system/system.ts'
import type { Fault } from './fault.ts'

const MAX_RUNS = 10
const MAX_ERASE_MS = 30_000

/** An import is killed or stopped several times, and started again with the same command until it has ended. */
const interruptedImport: Fault = {
  name: 'an interrupted import',
  run: async ({ system, draw, history }) => {
    const { lines, facts } = generateDump(draw, history)
    const file = join(system.folder.path, `dump-${history.nextNumber()}.ndjson`)
    await writeFile(file, lines.join('\n'))
    const start = (): ChildProcess =>
      system.run('ingest', ['ingest/main.ts', '--source', 'dump', file], { NATS_URL: system.natsUrl(INGEST) })
    const interruptions = draw.number(1, 2)
    for (let time = 0; time < interruptions; time++) {
      const end = system.proxy(INGEST).slow(draw.number(200, 800) * 1_000)
      await interrupt(start(), draw.pick(['SIGKILL', 'SIGTERM'] as const), draw.number(400, 2_000))
      end()
    }
    for (let run = 0; (await exitCode(start())) !== 0; run++)
      if (run > MAX_RUNS) throw new Error(`${file} cannot be imported`)
    for (const fact of facts) history.add(fact)
    return `${lines.length} lines, interrupted ${interruptions} times`
  },
}

/** The command `erase` is killed while it works, and run again. */
const interruptedErase: Fault = {
  name: 'an interrupted erasure',
  run: async ({ system, draw, history }) => {
    const ids = draw.some(history.posts, draw.number(1, 5)).map(({ id }) => id)
    const start = (): ChildProcess =>
      system.run('erase', ['erasure/erase.ts', ...ids], { NATS_URL: system.natsUrl(ERASE) })
    await interrupt(start(), 'SIGKILL', draw.number(300, 1_500))
    // A copy of a post may be published at the same time, so a post counts as erased from the first attempt on.
    for (const id of ids) history.add({ kind: 'erasure', id })
    for (let run = 0; (await exitCode(start())) !== 0; run++)
      if (run > MAX_RUNS) throw new Error(`${ids.join(' ')} cannot be erased`)
    return ids.join(' ')
  },
}

async function interrupt(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM', afterMs: number): Promise<void> {
  const exited = once(child, 'exit')
  await Promise.race([exited, pause(afterMs)])
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), MAX_ERASE_MS)
  if (child.exitCode === null && child.signalCode === null) await exited
  clearTimeout(timer)
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

/** A dump with posts, the same post twice, posts that were deleted later, and broken lines. */
function generateDump(draw: Draw, history: History): { lines: string[]; facts: Fact[] } {
  const lines: string[] = []
  const facts: Fact[] = []
  for (let left = draw.number(400, 1_500); left > 0; left--) {
    const kind = draw.number(1, 100)
    const post = generatePost(draw, history)
    const line = JSON.stringify({ ...post, author: 'nobody', source: undefined, type: undefined })
    if (kind === 1) {
      const broken = line.slice(0, -5)
      lines.push(broken)
      facts.push({ kind: 'rubbish', payload: Buffer.from(broken), reportedBy: 'ingest' })
    } else if (kind === 2) lines.push(JSON.stringify({ ...post, _meta: { was_deleted_later: true } }))
    else {
      lines.push(line, ...(kind < 6 ? [line] : []))
      facts.push({ kind: 'post', post })
    }
  }
  return { lines, facts }
}

export const importFaults: readonly Fault[] = [interruptedImport, interruptedErase]
