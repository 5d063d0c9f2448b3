import { expect, test } from 'vitest'
import { readGatewayConfig } from '../gateway/config.ts'
import { readIngestConfig } from '../ingest/config.ts'
import { SOURCES } from '../ingest/read-arguments.ts'
import { readScorerConfig } from '../scorer/config.ts'
import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'

const VALUES: Environment = {
  SUBREDDITS: 'askscience',
  REDDIT_CLIENT_ID: 'x',
  REDDIT_USER_AGENT: 'linux:gravitas:1.0 (by /u/somebody)',
}

/** The names of the settings that a process reads. */
function settingsRead(readConfig: (env: Environment) => unknown): string[] {
  const names = new Set<string>()
  const record = (env: Environment, name: string): string | undefined => {
    names.add(name)
    return env[name]
  }
  readConfig(new Proxy(VALUES, { get: record as never }))
  return [...names]
}

test.each([
  ['gateway', readGatewayConfig],
  ['scorer', readScorerConfig],
  ['projector', (env: Environment) => readSharedConfig(new SettingsReader(env))],
  ['eraser', (env: Environment) => readSharedConfig(new SettingsReader(env))],
] as const)('%s gets every setting that it reads', (kind, readConfig) => {
  expect(PROCESS_SETTINGS[kind]).toEqual(expect.arrayContaining(settingsRead(readConfig)))
})

test('ingest gets every setting that one of its sources reads', () => {
  const sources = SOURCES.filter((source) => source !== 'dump')
  const names = sources.flatMap((source) => settingsRead((env) => readIngestConfig(env, ['--source', source])))
  expect(PROCESS_SETTINGS.ingest).toEqual(expect.arrayContaining(names))
})
