import { READ_MODEL_NAMES, type ReadModelName } from '../schema/read-models.ts'
import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface ProjectorConfig extends SharedConfig {
  readonly readModel: ReadModelName
}

/** @throws ConfigurationError naming every problem, an unknown read model among them */
export function readProjectorConfig(env: Environment, args: readonly string[]): ProjectorConfig {
  const read = new SettingsReader(env)
  const shared = readSharedConfig(read)
  const [name = ''] = args
  const readModel = READ_MODEL_NAMES.find((known) => known === name)
  if (readModel === undefined || args.length !== 1) {
    read.problem(
      `name one read model: npm run projector -- <${READ_MODEL_NAMES.join('|')}>${name === '' ? '' : `, not "${args.join(' ')}"`}`,
    )
  }
  return read.done({ ...shared, readModel: readModel ?? READ_MODEL_NAMES[0]! })
}
