import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { systemFetch, type HttpAnswer } from './fetch.ts'

const never = new AbortController().signal
let server: Server | undefined

afterEach(async () => {
  server?.close()
  server?.closeAllConnections()
  if (server !== undefined) await once(server, 'close')
})

async function ask(handle: RequestListener, signal = never): Promise<HttpAnswer> {
  server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return systemFetch({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }, signal)
}

test('does not follow a redirect', async () => {
  const answer = await ask((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe('http://127.0.0.1:1/')
})

test('decompresses an answer and joins characters that are split between chunks', async () => {
  const text = '😀'.repeat(100_000)
  const answer = await ask((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)))
  expect(answer.text).toBe(text)
})

test('fails when the connection is cut before or during the answer', async () => {
  await expect(ask((request) => request.socket.destroy())).rejects.toThrow('fetch failed')
  const half: RequestListener = (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => request.socket.destroy())
  }
  await expect(ask(half)).rejects.toThrow('terminated')
})

test('cuts off an answer that does not end', async () => {
  const chunk = Buffer.alloc(2 ** 20, 'x')
  const endless: RequestListener = (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  await expect(ask(endless)).rejects.toThrow('an answer of more than')
})

test('rejects when its signal is aborted', async () => {
  const stop = new AbortController()
  const asked = ask(() => stop.abort(new Error('stopped')), stop.signal)
  await expect(asked).rejects.toThrow('stopped')
})
