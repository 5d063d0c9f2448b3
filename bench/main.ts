import { defineCommand, readArguments, wholeNumberFrom } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { findNatsServer } from '../scripts/nats-server.ts'
import { rawInserts, rawLog } from './raw.ts'
import { toLine, type Figure } from './report.ts'
import { benchApi } from './row-api.ts'
import { benchImport } from './row-import.ts'
import { benchLatency } from './row-latency.ts'
import { benchRebuild } from './row-rebuild.ts'
import { benchScoring } from './row-scoring.ts'
import { Stack, until } from './stack.ts'

const RAW_COUNT = 200_000
const LATENCY_POSTS = 1_500

const command = defineCommand({
  name: 'bench',
  summary: 'Measures the figures that have a budget, and the raw limits of this machine, in a temporary folder.',
  settings: ['GRAVITAS_NATS_SERVER'],
  examples: ['npm run bench', 'npm run bench -- --posts 1000000    # the size that the budgets are for'],
}).option('--posts <number>', 'how many generated posts are imported', wholeNumberFrom(1_000), 200_000)

await runCommand(async (args) => {
  const { posts } = readArguments<{ posts: number }>(command, args).options
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
})
