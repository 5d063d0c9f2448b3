import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readScorerConfig } from './config.ts'
import type { Contribution } from './models/explanation.ts'
import { loadScoringModel } from './models/load-model.ts'

const MAX_SHOWN = 15
const BAR_WIDTH = 20

const command = defineCommand({
  name: 'explain',
  summary: 'Shows which words and marks pushed the score of a post up and down.',
  settings: ['MODEL_DIR'],
  examples: [
    'npm run explain -- "Why does the sky turn red?"',
    'npm run explain -- "a title" "a text"',
    'npm run -s explain -- "a title" --json    # with -s, npm adds no lines of its own',
  ],
})
  .argument('<title>', 'title of the post, in quotation marks')
  .argument('[text]', 'text of the post, in quotation marks')
  .option('--json', 'prints one JSON document')

await runCommand(async (args) => {
  const { options, operands } = readArguments<{ json?: true }, [string, string | undefined]>(command, args)
  const [title, selftext = null] = operands
  const { modelDir } = readScorerConfig(loadEnvironment())
  const model = await loadScoringModel(modelDir)
  const explanation = await model.explain({ title, selftext })
  if (options.json === true) return console.log(JSON.stringify({ model: model.name, ...explanation }, null, 2))
  const { seriousness, contributions } = explanation
  console.log(`${seriousness.toFixed(4)}  by ${model.name}; 0 is banter, 1 is serious\n`)
  for (const line of draw(contributions.slice(0, MAX_SHOWN))) console.log(line)
  const rest = contributions.slice(MAX_SHOWN).reduce((sum, { logit }) => sum + logit, 0)
  if (contributions.length > MAX_SHOWN)
    console.log(`\n${contributions.length - MAX_SHOWN} more add ${signed(rest)} log-odds together`)
})

/** Draws a bar for each contribution: to the left of the middle for banter, to the right for serious. */
function draw(contributions: readonly Contribution[]): string[] {
  const strongest = Math.max(1e-9, ...contributions.map(({ logit }) => Math.abs(logit)))
  return contributions.map(({ feature, logit }) => {
    const bar = '█'.repeat(Math.round((Math.abs(logit) / strongest) * BAR_WIDTH))
    const drawn = logit < 0 ? `${bar.padStart(BAR_WIDTH)}│` : `${' '.repeat(BAR_WIDTH)}│${bar}`
    return `${signed(logit).padStart(7)}  ${drawn.padEnd(2 * BAR_WIDTH + 1)}  ${feature}`
  })
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}
