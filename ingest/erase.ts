import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { readArguments } from './erasure/read-arguments.ts'
import { runErase } from './erasure/run-erase.ts'

/** Erases posts for good. Exits with 1 where one of them could not be recorded as erased. */
await runCommand(async () => {
  const read = new SettingsReader(loadEnvironment())
  const config = read.done(readSharedConfig(read))
  const isDone = await runErase({
    config,
    arguments: await readArguments(process.argv.slice(2)),
    output: process.stdout,
    progress: process.stderr,
  })
  if (!isDone) process.exitCode = 1
})
