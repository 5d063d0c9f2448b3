import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Admission } from './admission.ts'

const cap = { total: 4, perAddress: 2, includesLoopback: false }
const createAdmission = (trustedProxies: readonly string[] = []): Admission =>
  new Admission({ connections: cap, requests: cap, subscriptions: cap, trustedProxies })

const toSocket = (remoteAddress: string) => Object.assign(new EventEmitter(), { remoteAddress })

class Client {
  readonly #admission: Admission
  readonly #address: string
  constructor(admission: Admission, address: string) {
    this.#admission = admission
    this.#address = address
  }
  connect() {
    const socket = toSocket(this.#address)
    return { status: this.#admission.connect(socket as unknown as Socket)?.status, close: () => socket.emit('close') }
  }
  request(socket: object = toSocket(this.#address)) {
    const request = { socket, headers: {} } as unknown as IncomingMessage
    const response = new EventEmitter()
    const status = this.#admission.request(request, response as ServerResponse)?.status
    return {
      status,
      close: () => response.emit('close'),
      subscribe: (places = 1) => this.#admission.subscribe(request, places)?.status,
    }
  }
}

test('requests in progress are limited for each address and in all, until they close', () => {
  const admission = createAdmission()
  const [one, two, three] = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((address) => new Client(admission, address))
  const open = [one!.request(), one!.request(), two!.request()]
  expect(open.map(({ status }) => status)).toEqual([undefined, undefined, undefined])
  expect(one!.request().status).toBe(429)
  expect(two!.request().status).toBeUndefined()
  expect(three!.request().status).toBe(503)
  open[0]!.close()
  expect(three!.request().status).toBeUndefined()
})

test('a subscription is counted apart from the requests, until it closes', () => {
  const client = new Client(createAdmission(), '1.1.1.1')
  const [first, second] = [client.request(), client.request()]
  expect([first.subscribe(), second.subscribe()]).toEqual([undefined, undefined])
  const third = client.request()
  expect([third.status, third.subscribe()]).toEqual([undefined, 429])
  first.close()
  expect(third.subscribe()).toBeUndefined()
  for (const { close } of [second, third]) close()
  expect([client.request().subscribe(), client.request().subscribe()]).toEqual([undefined, undefined])
})

test('a large subscription takes several places', () => {
  const client = new Client(createAdmission(), '1.1.1.1')
  const [large, small] = [client.request(), client.request()]
  expect([large.subscribe(3), large.subscribe(2), small.subscribe()]).toEqual([429, undefined, 429])
  large.close()
  expect(small.subscribe(2)).toBeUndefined()
})

test('programs on this machine share an address, so only the total applies to them unless a cap is set', () => {
  const local = new Client(createAdmission(), '127.0.0.1')
  expect(Array.from({ length: 5 }, () => local.request().status)).toEqual([...Array(4), 503])
  const strict = { ...cap, includesLoopback: true }
  const capped = new Admission({ connections: cap, requests: strict, subscriptions: cap, trustedProxies: [] })
  const client = new Client(capped, '127.0.0.1')
  expect(Array.from({ length: 3 }, () => client.request().status)).toEqual([undefined, undefined, 429])
})

test('connections are limited for each address, but not for a proxy, which bundles those of many clients', () => {
  const admission = createAdmission(['10.0.0.1'])
  const [client, proxy] = [new Client(admission, '1.1.1.1'), new Client(admission, '10.0.0.1')]
  const open = [client.connect(), client.connect()]
  expect(client.connect().status).toBe(429)
  for (const { close } of open) close()
  expect(Array.from({ length: 4 }, () => proxy.connect().status)).toEqual([...Array(4)])
})

test('a client that does not wait for answers is stopped at four on one connection', () => {
  const wide = { ...cap, total: 100 }
  const admission = new Admission({ connections: wide, requests: wide, subscriptions: wide, trustedProxies: [] })
  const client = new Client(admission, '127.0.0.1')
  const socket = toSocket('127.0.0.1')
  const open = Array.from({ length: 5 }, () => client.request(socket))
  expect(open.map(({ status }) => status)).toEqual([...Array(4), 429])
  open[0]!.close()
  expect(client.request(socket).status).toBeUndefined()
  // Responses that wait behind another one never get the connection, and so never close.
  socket.emit('close')
  expect(Array.from({ length: 4 }, () => client.request(socket).status)).toEqual([...Array(4)])
})
