import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { SCORES } from '../schema/streams.ts'
import { writePosts } from './posts.ts'
import { seconds } from './raw.ts'
import type { Figure } from './report.ts'
import { until, type Stack } from './stack.ts'
import { mergeUsage, type Usage } from './usage.ts'

const SAMPLE_MS = 200
const SETTLE_MS = 500
const MAX_IMPORT_MS = 600_000

/**
 * Measures an import from a file, with scoring, into all read models. Later measurements use its log and read models.
 */
export async function benchImport(stack: Stack, posts: number, rawPublish: number): Promise<Figure[]> {
  const file = join(stack.dataDir, 'posts.ndjson')
  await writePosts(file, posts)
  stack.launch('scorer', 'scorer/main.ts')
  for (const name of READ_MODEL_NAMES) stack.launchProjector(name)
  await untilIdle(stack)
  const before = stack.usage()
  const start = performance.now()
  let usage = before
  const sample = setInterval(() => (usage = mergeUsage(usage, stack.usage())), SAMPLE_MS)
  const ingest = stack.launch('ingest', 'ingest/main.ts', '--source', 'dump', file)
  await once(ingest, 'exit')
  if (ingest.exitCode !== 0) throw new Error(`ingest exited with ${ingest.exitCode}`)
  const isDone = (): boolean => READ_MODEL_NAMES.every((name) => stack.checkpoint(name, SCORES) >= posts)
  await until(isDone, MAX_IMPORT_MS, 'the read models')
  const elapsed = seconds(start)
  clearInterval(sample)
  usage = mergeUsage(usage, stack.usage())
  const counted = stack.countedPosts()
  if (counted !== posts) throw new Error(`all-time counts ${counted} posts of ${posts}`)
  await rm(file)
  return toFigures({ posts, elapsed, rawPublish, used: difference(usage, before) })
}

/** Resolves when all read models exist and the processes use almost no CPU. */
async function untilIdle(stack: Stack): Promise<void> {
  let before = 0
  const isIdle = async (): Promise<boolean> => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const now = stack.usage().reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
    const used = now - before
    before = now
    return used < 0.05 && READ_MODEL_NAMES.every((name) => existsSync(join(stack.dataDir, `${name}.db`)))
  }
  await until(isIdle, 30_000, 'the processes to have started')
}

const difference = (after: readonly Usage[], before: readonly Usage[]): Usage[] =>
  after.map(({ name, cpuSeconds, peakMegabytes }) => {
    const earlier = before.find((usage) => usage.name === name)?.cpuSeconds ?? 0
    return { name, cpuSeconds: cpuSeconds - earlier, peakMegabytes }
  })

interface Measured {
  readonly posts: number
  readonly elapsed: number
  readonly rawPublish: number
  readonly used: readonly Usage[]
}

function toFigures({ posts, elapsed, rawPublish, used }: Measured): Figure[] {
  const microseconds = (cpuSeconds: number): number => (cpuSeconds / posts) * 1e6
  for (const { name, cpuSeconds, peakMegabytes } of used) {
    const cpu = microseconds(cpuSeconds).toFixed(1).padStart(6)
    console.log(`    ${name.padEnd(22)} ${cpu} CPU-µs a post, peak ${peakMegabytes.toFixed(0)} MB`)
  }
  const raw = { what: 'batch publishing', measured: rawPublish }
  const cpu = microseconds(used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0))
  const peak = (wanted: (name: string) => boolean): number =>
    Math.max(...used.filter(({ name }) => wanted(name)).map(({ peakMegabytes }) => peakMegabytes))
  const isServer = (name: string): boolean => name === 'nats-server'
  return [
    {
      what: `import of ${posts} posts`,
      measured: posts / elapsed,
      unit: 'posts/s',
      budget: 20_000,
      better: 'higher',
      raw,
    },
    { what: 'import, all processes', measured: cpu, unit: 'CPU-µs/post', budget: 100, better: 'lower' },
    {
      what: 'largest process of Gravitas',
      measured: peak((name) => !isServer(name)),
      unit: 'MB',
      budget: 250,
      better: 'lower',
    },
    { what: 'nats-server', measured: peak(isServer), unit: 'MB', better: 'lower' },
  ]
}
