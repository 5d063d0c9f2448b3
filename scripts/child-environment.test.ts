import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { PROCESS_SETTINGS } from '../schema/runtime/process-settings.ts'
import { systemEnvironment } from './child-environment.ts'
import { gatewayProgram, workerPrograms } from './service-programs.ts'
import { readStartConfig } from './start-config.ts'

afterEach(() => vi.unstubAllEnvs())

const SECRETS = ['REDDIT_CLIENT_SECRET', 'ADMIN_TOKEN', 'AWS_SECRET_ACCESS_KEY'] as const

test('each process gets the secret that it needs, and no others', () => {
  for (const name of SECRETS) vi.stubEnv(name, 'secret')
  const config = readStartConfig({ SOURCE: 'demo' })
  const secretsOf = Object.fromEntries(
    [gatewayProgram(config), ...workerPrograms(config)].map(({ name, env }) => {
      const whole: Record<string, string> = { ...systemEnvironment(process.env), ...env }
      return [name.split(' ')[0], SECRETS.filter((secret) => secret in whole)]
    }),
  )
  expect(secretsOf).toEqual({
    gateway: ['ADMIN_TOKEN'],
    ingest: ['REDDIT_CLIENT_SECRET'],
    scorer: [],
    projector: [],
    eraser: [],
  })
})

test('every program gets the path, the home folder, the time zone and the locale', () => {
  const env = { PATH: '/bin', HOME: '/home/me', TZ: 'UTC', LC_ALL: 'C', NODE_OPTIONS: '--no-warnings' }
  expect(systemEnvironment({ ...env, ANYTHING: 'x' })).toEqual(env)
})

test('a process takes only its own settings from .env', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-env-'))
  try {
    const file = join(folder, '.env')
    await writeFile(file, 'REDDIT_CLIENT_SECRET=secret\nMODEL_DIR=mine\nLOG_LEVEL=warn\n')
    const sources = { file, env: { LOG_LEVEL: 'error', ADMIN_TOKEN: 'secret' } }
    const found = Object.entries(loadEnvironment(PROCESS_SETTINGS.scorer, sources)).filter(([, value]) => value)
    expect(Object.fromEntries(found)).toEqual({ MODEL_DIR: 'mine', LOG_LEVEL: 'error' })
  } finally {
    await rm(folder, { recursive: true })
  }
})
