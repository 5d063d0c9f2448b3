import { defineCommand, readArguments, refuseArguments, repeated, wholeNumberFrom } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { FAULTS } from './faults/catalogue.ts'
import { runChaos } from './run-chaos.ts'

const command = defineCommand({
  name: 'chaos',
  summary:
    'Runs everything in a temporary folder under generated load. Causes one random fault in each round, then compares the read models with a count of the load and with a replay.',
  settings: ['GRAVITAS_NATS_SERVER'],
  examples: [
    'npm run chaos -- --rounds 1000',
    'npm run chaos -- --seed 7 --rounds 20',
    'npm run chaos -- --only kill --only import',
  ],
})
  .option('--rounds <number>', 'how many rounds, each with one fault', wholeNumberFrom(1), 20)
  .option('--seed <text>', 'the seed of an earlier run, which repeats its faults, load and pauses; by default random')
  .option(
    '--from <number>',
    'the number of the first round, to repeat only a part of an earlier run',
    wholeNumberFrom(1),
    1,
  )
  .option('--cluster', 'keeps the log on three nats-servers, and kills their leaders')
  .option('--only <text>', 'only faults whose name contains this; may be repeated', repeated())

interface Options {
  readonly rounds: number
  readonly seed?: string
  readonly from: number
  readonly cluster?: true
  readonly only?: readonly string[]
}

const randomSeed = (): string => String(Math.floor(Math.random() * 1e6))

await runCommand(async (args) => {
  const { rounds, seed = randomSeed(), from, cluster, only } = readArguments<Options>(command, args).options
  const unknown = only?.filter((text) => !FAULTS.some(({ name }) => name.includes(text))) ?? []
  const names = FAULTS.map(({ name }) => name).join(', ')
  refuseArguments(
    command,
    unknown.map((text) => `No fault has '${text}' in its name. There are: ${names}.`),
  )
  const isRight = await runChaos({
    seed,
    rounds,
    from,
    only,
    isCluster: cluster === true,
    print: (line) => console.log(line),
  })
  if (!isRight) process.exitCode = 1
})
