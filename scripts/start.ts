import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { buildWeb } from './build-web.ts'
import { launch } from './launch.ts'
import { START_SETTINGS } from './start-config.ts'

const command = defineCommand({
  name: 'start',
  summary: 'Starts everything: nats-server, a source of posts, the scorer, the projectors, the API and the page.',
  settings: START_SETTINGS,
  examples: ['npm start', 'PORT=8080 DATA_DIR=/tmp/gravitas npm start', 'SOURCE=rss SUBREDDITS=askscience npm start'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  await launch({ prepare: buildWeb })
})
