import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface ScorerConfig extends SharedConfig {
  /** The folder with model.onnx and model.json, and with tokenizer.json if the scoring model reads tokens. */
  readonly modelDir: string
}

/** @throws ConfigurationError naming every problem */
export function readScorerConfig(env: Environment): ScorerConfig {
  const read = new SettingsReader(env)
  return read.done({ ...readSharedConfig(read), modelDir: read.path('MODEL_DIR', 'ml/model') })
}
