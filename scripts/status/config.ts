import { SettingsReader, type Environment } from '../../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../../schema/runtime/shared-config.ts'

export interface StatusConfig extends SharedConfig {
  readonly modelDir: string
}

/** @throws ConfigurationError naming every problem */
export function readStatusConfig(env: Environment): StatusConfig {
  const read = new SettingsReader(env)
  return read.done({ ...readSharedConfig(read), modelDir: read.path('MODEL_DIR', 'ml/model') })
}
