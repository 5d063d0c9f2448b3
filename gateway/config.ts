import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface GatewayConfig extends SharedConfig {
  readonly host: string
  readonly port: number
  /** Folder of the scoring model whose scores can be explained. It is read at the first explanation, not at the start. */
  readonly modelDir: string
  /** The source of which posts are expected; undefined: none is missed before it was heard. */
  readonly source?: string | undefined
}

/** @throws ConfigurationError naming every problem */
export function readGatewayConfig(env: Environment): GatewayConfig {
  const read = new SettingsReader(env)
  return read.done({
    ...readSharedConfig(read),
    host: read.string('HOST', '127.0.0.1'),
    port: read.integer('PORT', 4000, { min: 0, max: 65_535 }),
    modelDir: read.path('MODEL_DIR', 'ml/model'),
    source: read.optional('SOURCE'),
  })
}
