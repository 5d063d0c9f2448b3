import { SettingsReader, type Environment } from '../../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../../schema/runtime/shared-config.ts'

export interface StatusConfig extends SharedConfig {
  readonly modelDir: string
  /** Where the gateway listens. */
  readonly host: string
  readonly port: number
}

/** @throws ConfigurationError naming every problem */
export function readStatusConfig(env: Environment): StatusConfig {
  const read = new SettingsReader(env)
  return read.done({
    ...readSharedConfig(read),
    modelDir: read.path('MODEL_DIR', 'ml/model'),
    host: read.string('HOST', '127.0.0.1'),
    port: read.integer('PORT', 4000, { min: 1, max: 65_535 }),
  })
}
