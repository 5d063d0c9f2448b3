import { parseArgs } from 'node:util'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { findNatsServer } from '../scripts/nats-server.ts'
import { rawInserts, rawLog } from './raw.ts'
import { toLine, type Figure } from './report.ts'
import { benchApi } from './rows/api.ts'
import { benchImport } from './rows/import.ts'
import { benchLatency } from './rows/latency.ts'
import { benchRebuild } from './rows/rebuild.ts'
import { benchScoring } from './rows/scoring.ts'
import { Stack, until } from './stack.ts'

const RAW_COUNT = 200_000
const LATENCY_POSTS = 1_500

/** Measures the rows of the design's budgets, each beside the raw limit of what it stands on. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { posts: { type: 'string', default: '200000' } } })
  const posts = Math.max(1_000, Math.round(Number(values.posts)) || 0)
  process.env['GRAVITAS_NATS_SERVER'] = await findNatsServer()
  const show = (...figures: Figure[]): void => figures.forEach((figure) => console.log(toLine(figure)))
  console.log('raw limits of this machine …')
  const { published, consumed } = await rawLog(RAW_COUNT)
  const inserted = rawInserts(RAW_COUNT)
  console.log(
    `  batch publishing ${Math.round(published)}/s, consuming ${Math.round(consumed)}/s, inserts ${Math.round(inserted)}/s`,
  )
  show(...(await benchScoring()))
  await using stack = await Stack.start()
  show(...(await benchImport(stack, posts, published)))
  for (const name of ['hourly', 'all-time']) show(await benchRebuild(stack, name, posts, { consumed, inserted }))
  stack.launch('gateway', 'gateway/main.ts')
  await until(
    async () => (await fetch(`${stack.url}/readyz`).catch(() => undefined))?.ok === true,
    30_000,
    'the gateway',
  )
  show(...(await benchApi(stack, 'bench_1')))
  show(...(await benchLatency(stack, posts, LATENCY_POSTS)))
}

await runCommand(main)
