import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { readEraseArguments } from './read-arguments.ts'
import { runErase } from './run-erase.ts'

/** Erases posts for good. */
await runCommand(async (args) => {
  const chosen = await readEraseArguments(args)
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  process.exitCode = await runErase({
    config,
    arguments: chosen,
    output: process.stdout,
    progress: process.stderr,
  })
})
