import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Changes what the server sends to the client: it gets each chunk of bytes and returns what is passed on. */
export type Filter = (chunk: Buffer) => Buffer

/** A TCP proxy between one process and NATS, which can cut, hold up and slow the connection. */
export class Proxy implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #targetPort: number
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #bytesPerSecond = Number.POSITIVE_INFINITY
  #held: Promise<void> | undefined
  #refuses = false
  #filter: (() => Filter) | undefined

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    this.#targetPort = targetPort
    this.port = (server.address() as { port: number }).port
    server.on('connection', (client) => this.#accept(client))
  }

  static async start(targetPort: number): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Proxy(server, targetPort)
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Ends all connections. New ones are accepted. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  /** Ends all connections, and refuses new ones until the returned function is called. */
  refuse(): () => void {
    this.#refuses = true
    this.cut()
    return () => void (this.#refuses = false)
  }

  /** Passes nothing on until the returned function is called. The connections stay open. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  /** Limits the bytes per second of each direction until the returned function is called. */
  slow(bytesPerSecond: number): () => void {
    this.#bytesPerSecond = bytesPerSecond
    return () => void (this.#bytesPerSecond = Number.POSITIVE_INFINITY)
  }

  /**
   * Filters what the server sends until the returned function is called. All connections are cut at the start and at the
   * end, because a filter has to see a connection from its beginning to know where messages begin.
   */
  filter(createFilter: () => Filter): () => void {
    this.#filter = createFilter
    this.cut()
    return () => {
      this.#filter = undefined
      this.cut()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#refuses) return void client.resetAndDestroy()
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true })
    const pair = [client, server] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#pairs.delete(pair)
        for (const other of pair) other.destroy()
      })
    }
    void this.#pass(client, server)
    void this.#pass(server, client, this.#filter?.())
  }

  async #pass(from: Socket, to: Socket, filter: Filter = (chunk) => chunk): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#held
        const passed = filter(chunk)
        if (passed.length > 0 && !to.write(passed)) await Promise.race([once(to, 'drain'), once(to, 'close')])
        const waitMs = (chunk.length * 1_000) / this.#bytesPerSecond
        if (waitMs > 0) await pause(waitMs)
      }
      to.end()
    } catch {
      to.destroy()
    }
  }
}
