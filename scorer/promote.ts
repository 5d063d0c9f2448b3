import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { readPromoteArguments } from './promotion/read-arguments.ts'
import { runPromote } from './promotion/run-promote.ts'

await runCommand(async (args) => {
  const chosen = readPromoteArguments(args)
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  process.stdout.write(await runPromote(config, chosen))
})
