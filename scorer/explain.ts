import { parseArgs } from 'node:util'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readScorerConfig } from './config.ts'
import { explainPost, type Contribution } from './explain-post.ts'
import { Model } from './model.ts'

const USAGE = `usage: npm run explain -- "a title" ["a text"] [--json]
    With --json, say npm run -s: npm’s own lines would come first.`
const MAX_SHOWN = 15
const BAR_WIDTH = 20

/** Says which words and marks pushed a post's score up and down. */
async function main(): Promise<void> {
  const { modelDir } = readScorerConfig(loadEnvironment())
  const { title, selftext, json } = readArguments()
  const model = await Model.load(modelDir)
  const explanation = await explainPost(model, { title, selftext })
  if (json) return console.log(JSON.stringify({ model: model.name, ...explanation }, null, 2))
  const { seriousness, contributions } = explanation
  console.log(`${seriousness.toFixed(4)}  by ${model.name}; 0 is banter, 1 is serious\n`)
  for (const line of draw(contributions.slice(0, MAX_SHOWN))) console.log(line)
  const rest = contributions.slice(MAX_SHOWN).reduce((sum, { logit }) => sum + logit, 0)
  if (contributions.length > MAX_SHOWN)
    console.log(`\n${contributions.length - MAX_SHOWN} more add ${signed(rest)} log-odds together`)
}

/** Bars to the left of the middle pull towards banter, to its right towards serious. */
function draw(contributions: readonly Contribution[]): string[] {
  const strongest = Math.max(1e-9, ...contributions.map(({ logit }) => Math.abs(logit)))
  return contributions.map(({ feature, logit }) => {
    const bar = '█'.repeat(Math.round((Math.abs(logit) / strongest) * BAR_WIDTH))
    const drawn = logit < 0 ? `${bar.padStart(BAR_WIDTH)}│` : `${' '.repeat(BAR_WIDTH)}│${bar}`
    return `${signed(logit).padStart(7)}  ${drawn.padEnd(2 * BAR_WIDTH + 1)}  ${feature}`
  })
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

function readArguments(): { title: string; selftext: string | null; json: boolean } {
  const problems: string[] = []
  try {
    const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
    const [title, selftext, ...more] = positionals
    if (title === undefined) problems.push('a title is missing')
    if (more.length > 0) problems.push('more than a title and a text: put each into quotation marks')
    if (problems.length === 0) return { title: title!, selftext: selftext ?? null, json: values.json === true }
  } catch (error) {
    problems.push((error as Error).message)
  }
  throw new ConfigurationError([...problems, USAGE])
}

await runCommand(main)
