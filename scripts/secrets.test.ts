import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureSecrets, writeNatsContexts } from './secrets.ts'

test('the context of the nats CLI names all servers of a cluster, with the credentials apart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-secrets-'))
  const written = async (url: string): Promise<unknown> => {
    await writeNatsContexts(dataDir, url)
    return JSON.parse(await readFile(join(dataDir, 'nats-context.json'), 'utf8'))
  }
  try {
    const url = 'nats://a:4222,nats://b:4223'
    expect(await written('nats://me:p%40ss@a:4222, b:4223')).toMatchObject({ url, user: 'me', password: 'p@ss' })
    expect(await written(url)).toMatchObject({ url, user: '', password: '' })
    const { admin } = await ensureSecrets(dataDir)
    expect(await written(url)).toMatchObject({ url, user: 'admin', password: admin })
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
