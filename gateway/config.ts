import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readHttpConfig, type HttpConfig } from './http/http-config.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface GatewayConfig extends SharedConfig {
  readonly host: string
  readonly port: number
  /** Folder of the scoring model whose scores can be explained. It is read at the first explanation, not at the start. */
  readonly modelDir: string
  /** The setting SOURCE. The gateway reports a problem when the ingest process of this source does not run. */
  readonly source?: string | undefined
  /** By default what {@link readHttpConfig} returns when nothing is set. */
  readonly http?: HttpConfig
}

/** @throws ConfigurationError naming every problem */
export function readGatewayConfig(env: Environment): GatewayConfig {
  const read = new SettingsReader(env)
  const host = read.string('HOST', '127.0.0.1')
  return read.done({
    ...readSharedConfig(read),
    host,
    http: readHttpConfig(read, host),
    port: read.integer('PORT', 4000, { min: 0, max: 65_535 }),
    modelDir: read.path('MODEL_DIR', 'ml/model'),
    source: read.optional('SOURCE'),
  })
}
