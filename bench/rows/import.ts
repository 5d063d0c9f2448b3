import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SCORES } from '../../schema/subjects.ts'
import { writePosts } from '../posts.ts'
import { seconds } from '../raw.ts'
import type { Figure } from '../report.ts'
import { READ_MODELS, until, type Stack } from '../stack.ts'

/** Dump import: from a file to all three read models, scored. Leaves the log and the read models for the other rows. */
export async function benchImport(stack: Stack, posts: number, rawPublish: number): Promise<Figure[]> {
  const file = join(stack.dataDir, 'posts.ndjson')
  await writePosts(file, posts)
  stack.launch('scorer', 'scorer/main.ts')
  for (const name of READ_MODELS) stack.launchProjector(name)
  await until(() => READ_MODELS.every((name) => stack.checkpoint(name, SCORES) >= 0), 10_000, 'the projectors')
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const before = cpuSeconds(stack)
  const start = performance.now()
  const ingest = stack.launch('ingest', 'ingest/main.ts', '--source', 'dump', file)
  let usage = stack.usage()
  const sample = setInterval(() => (usage = merge(usage, stack.usage())), 200)
  await once(ingest, 'exit')
  if (ingest.exitCode !== 0) throw new Error(`ingest exited with ${ingest.exitCode}`)
  await until(() => READ_MODELS.every((name) => stack.checkpoint(name, SCORES) >= posts), 600_000, 'the read models')
  const elapsed = seconds(start)
  clearInterval(sample)
  usage = merge(usage, stack.usage())
  const cpu = usage.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) - before
  const counted = stack.countedPosts()
  if (counted !== posts) throw new Error(`all-time counts ${counted} posts of ${posts}`)
  await rm(file)
  for (const { name, cpuSeconds, peakMegabytes } of usage) {
    console.log(
      `    ${name.padEnd(22)} ${((cpuSeconds / posts) * 1e6).toFixed(1).padStart(6)} CPU-µs a post, peak ${peakMegabytes.toFixed(0)} MB`,
    )
  }
  const ours = usage.filter(({ name }) => name !== 'nats-server')
  return [
    {
      what: `import of ${posts} posts`,
      measured: posts / elapsed,
      unit: 'posts/s',
      budget: 20_000,
      better: 'higher',
      raw: { what: 'batch publishing', measured: rawPublish },
    },
    { what: 'import, all processes', measured: (cpu / posts) * 1e6, unit: 'CPU-µs/post', budget: 100, better: 'lower' },
    {
      what: 'largest of our processes',
      measured: Math.max(...ours.map(({ peakMegabytes }) => peakMegabytes)),
      unit: 'MB',
      budget: 250,
      better: 'lower',
    },
  ]
}

const cpuSeconds = (stack: Stack): number => stack.usage().reduce((sum, usage) => sum + usage.cpuSeconds, 0)

type Usage = ReturnType<Stack['usage']>
/** The latest figures of each process, those that have ended included. */
function merge(before: Usage, now: Usage): Usage {
  const byName = new Map([...before, ...now].map((usage) => [usage.name, usage]))
  return [...byName.values()]
}
