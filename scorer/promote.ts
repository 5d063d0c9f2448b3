import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { readArguments } from './promotion/read-arguments.ts'
import { runPromote } from './promotion/run-promote.ts'

/** Makes a model the one that is shown. Exits with 1 where it has no scores. */
await runCommand(async () => {
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  process.stdout.write(await runPromote(config, readArguments(process.argv.slice(2))))
})
