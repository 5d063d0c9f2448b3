import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { COMMON_HEADERS } from './headers.ts'

const FAULTS: Readonly<Record<string, readonly [status: number, error: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the request target and headers are too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
}

/** Answers what the HTTP parser refuses, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const [status, message] = FAULTS[error.code ?? ''] ?? [400, 'this is not a valid HTTP request']
  endWith(socket, status, message)
}

/** Ends a connection with an answer that needs no request. */
export function endWith(socket: Duplex, status: number, error: string): void {
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify({ error })
  const headers = {
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}
