import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'
import type { Projection } from './projection.ts'
import { projections } from './registry.ts'

export interface ProjectorConfig extends SharedConfig {
  readonly projection: Projection<unknown>
}

/** @throws ConfigurationError naming every problem, an unknown projection among them */
export function readProjectorConfig(env: Environment, args: readonly string[]): ProjectorConfig {
  const read = new SettingsReader(env)
  const shared = readSharedConfig(read)
  const names = Object.keys(projections)
  const [name = ''] = args
  const projection = Object.hasOwn(projections, name) ? projections[name]! : projections[names[0]!]!
  if (!Object.hasOwn(projections, name) || args.length !== 1) {
    read.problem(
      `name one read model: npm run projector -- <${names.join('|')}>${name === '' ? '' : `, not "${args.join(' ')}"`}`,
    )
  }
  return read.done({ ...shared, projection })
}
