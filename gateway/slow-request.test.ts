import { once } from 'node:events'
import { expect, test } from 'vitest'
import { ReadPool } from './read-models/read-pool.ts'
import { createGatewayServer } from './server.ts'
import { silent, TestGateway } from './testing/test-gateway.ts'

const SLOW = new URL('./testing/slow-reads.ts', import.meta.url)

test('a request whose statement takes too long is answered with 503, and everything else is answered meanwhile', async () => {
  using gateway = new TestGateway()
  gateway.files.add({ id: 'a', subreddit: 'aa', createdUtc: 1_764_000_000, seriousness: 5_000 })
  await using reads = new ReadPool({ dataDir: gateway.files.folder, logger: silent, reads: SLOW, budgetMs: 3_000 })
  const server = await createGatewayServer({ ...gateway.context, reads }, silent)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const answered: string[] = []
  const ask = async (path: string): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    answered.push(path)
    return [response.status, await response.json()]
  }
  const slow = ask('/subreddit/aa')
  expect(await ask('/healthz')).toEqual([200, { status: 'ok' }])
  expect(await ask('/subreddits')).toMatchObject([200, { subreddits: [{ name: 'aa' }] }])
  expect(answered).toEqual(['/healthz', '/subreddits'])
  expect(await slow).toEqual([503, { error: expect.stringMatching(/took too long. Ask for less/) }])
  expect(await ask('/subreddits?limit=1')).toMatchObject([200, { subreddits: [{ name: 'aa' }] }])
  server.close()
})
