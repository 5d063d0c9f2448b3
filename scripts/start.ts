import { runCommand } from '../schema/runtime/lifecycle.ts'
import { buildWeb } from './build-web.ts'
import { launch } from './launch.ts'
import { refuseArguments } from './refuse-arguments.ts'

await runCommand(async () => {
  refuseArguments(process.argv.slice(2))
  await launch({ prepare: buildWeb })
})
