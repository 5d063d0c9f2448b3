import { jetstreamManager } from '@nats-io/jetstream'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { applyStreams } from '../schema/streams.ts'

await runCommand(async () => {
  const read = new SettingsReader(loadEnvironment())
  const { natsUrl, dataDir } = read.done(readSharedConfig(read))
  const connection = await connectNats({ url: natsUrl, user: 'admin', name: 'apply-streams', dataDir })
  await applyStreams(await jetstreamManager(connection))
  await connection.close()
  console.log('The streams are as defined.')
})
