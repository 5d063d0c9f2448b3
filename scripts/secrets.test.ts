import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isSeed, NATS_USERS, secretFile } from '../schema/runtime/nats.ts'
import { ensureSecrets, writeNatsContexts } from './secrets.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gravitas-secrets-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

const read = (...path: string[]): Promise<string> => readFile(join(dataDir, ...path), 'utf8')

test('contexts for the nats CLI name all servers of a cluster, with the credentials apart', async () => {
  const written = async (url: string, file = 'nats-context.json'): Promise<unknown> => {
    await writeNatsContexts(dataDir, url)
    return JSON.parse(await read(file))
  }
  const url = 'nats://a:4222,nats://b:4223'
  expect(await written('nats://me:p%40ss@a:4222, b:4223')).toMatchObject({ url, user: 'me', password: 'p@ss' })
  expect(await written(url)).toMatchObject({ url, user: '', password: '' })
  const variables = await ensureSecrets(dataDir)
  expect(await written(url)).toMatchObject({ url, user: 'admin', password: variables['NATS_ADMIN_PASSWORD'] })
  const publisher = { url, user: 'publisher', password: variables['NATS_PUBLISHER_PASSWORD'] }
  expect(await written(url, 'publisher-context.json')).toMatchObject(publisher)
})

test('every user gets a secret that only its owner can read, and the server no secret of a process', async () => {
  const variables = await ensureSecrets(dataDir)
  expect(Object.keys(variables)).toHaveLength(NATS_USERS.length)
  expect(await ensureSecrets(dataDir)).toEqual(variables)
  await writeNatsContexts(dataDir, 'nats://127.0.0.1')
  const secrets = (await readdir(join(dataDir, 'secrets'))).map((name) => `secrets/${name}`)
  for (const file of [...secrets, 'nats-context.json', 'publisher-context.json'])
    expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600)
  const environment = await read('secrets', 'server.env')
  expect(environment).toContain(`NATS_SCORER_NKEY=${variables['NATS_SCORER_NKEY']}\n`)
  expect(variables['NATS_SCORER_NKEY']).toMatch(/^U[A-Z2-7]{55}$/)
  for (const user of NATS_USERS) {
    const secret = (await readFile(secretFile(dataDir, user), 'utf8')).trim()
    expect(environment.includes(secret)).toBe(!isSeed(secret))
  }
})

test('a data folder of a former version keeps the password of admin and gets the keys that are missing', async () => {
  await mkdir(join(dataDir, 'secrets'))
  for (const user of ['admin', 'scorer'] as const) await writeFile(secretFile(dataDir, user), `p-${user}\n`)
  expect(await ensureSecrets(dataDir)).toMatchObject({ NATS_ADMIN_PASSWORD: 'p-admin' })
  expect(isSeed((await readFile(secretFile(dataDir, 'scorer'), 'utf8')).trim())).toBe(true)
})
