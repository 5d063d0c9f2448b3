import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { constants, gzipSync } from 'node:zlib'
import { acceptsGzip } from './accept.ts'

/** Compressing a smaller answer saves no packet. */
const MIN_GZIP_BYTES = 1_400

/** A JSON answer as bytes. It is compressed once and hashed for its ETag once, however often it is sent. */
export class JsonAnswer {
  readonly status: number
  readonly bytes: Buffer
  #etag: string | undefined
  #gzipped: Buffer | undefined

  constructor(status: number, body: object) {
    this.status = status
    this.bytes = Buffer.from(JSON.stringify(body))
  }

  /** Answers the request that `response` belongs to, with 304 if the client already has these bytes. */
  send(response: ServerResponse): void {
    const { method, headers } = response.req
    response.setHeader('content-type', 'application/json; charset=utf-8')
    if (this.status !== 200) {
      response.setHeader('cache-control', 'no-store')
      return this.#end(response, this.status, this.bytes, method)
    }
    response.setHeader('cache-control', 'no-cache')
    response.setHeader('etag', this.#tag())
    if (headers['if-none-match']?.includes(this.#tag()) === true) return void response.writeHead(304).end()
    const isCompressed = this.bytes.byteLength >= MIN_GZIP_BYTES && acceptsGzip(headers['accept-encoding'])
    if (isCompressed) response.setHeader('content-encoding', 'gzip')
    this.#end(response, 200, isCompressed ? this.#gzip() : this.bytes, method)
  }

  #end(response: ServerResponse, status: number, bytes: Buffer, method: string | undefined): void {
    response.writeHead(status, { 'content-length': bytes.byteLength })
    response.end(method === 'HEAD' ? undefined : bytes)
  }

  /** The tag is weak because the compressed answer has the same one. */
  #tag(): string {
    return (this.#etag ??= `W/"${createHash('sha1').update(this.bytes).digest('base64url')}"`)
  }

  #gzip(): Buffer {
    return (this.#gzipped ??= gzipSync(this.bytes, { level: constants.Z_BEST_SPEED }))
  }
}

export const sendJson = (response: ServerResponse, status: number, body: object): void =>
  new JsonAnswer(status, body).send(response)
