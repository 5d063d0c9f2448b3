import { runCommand } from '../schema/runtime/lifecycle.ts'
import { generateTypes } from './generate-types.ts'
import { refuseArguments } from './refuse-arguments.ts'

await runCommand(async () => {
  refuseArguments(process.argv.slice(2))
  await generateTypes()
})
