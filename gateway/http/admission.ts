import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ClientAddresses, LOOPBACK, toClient } from './client-address.ts'
import { OpenCounter, type Cap } from './open-counter.ts'

/** How much clients may have open at a time. */
export interface AdmissionLimits {
  readonly connections: Cap
  /** Requests whose answers are not complete, without subscriptions. */
  readonly requests: Cap
  readonly subscriptions: Cap
  /** Addresses of the proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
}

/** Why something more is refused, and the HTTP status that says so. */
export interface Refusal {
  readonly status: 429 | 503
  readonly message: string
}

interface Slot {
  readonly client: string
  counter: OpenCounter
  places: number
}

/** How many requests may be in progress on one connection. Only a client that does not wait for answers has several. */
const MOST_PIPELINED = 4

/** Limits how much clients may have open at a time, so that no client takes the service from the others. */
export class Admission {
  readonly #addresses: ClientAddresses
  readonly #connections: OpenCounter
  readonly #requests: OpenCounter
  readonly #subscriptions: OpenCounter
  readonly #slots = new WeakMap<IncomingMessage, Slot>()
  readonly #pipelined = new WeakMap<Socket, number>()

  constructor({ connections, requests, subscriptions, trustedProxies }: AdmissionLimits) {
    this.#addresses = new ClientAddresses(trustedProxies)
    const isExempt = (cap: Cap) => (client: string) => client === LOOPBACK && !cap.includesLoopback
    // A proxy bundles the connections of many clients.
    const bundles = (client: string): boolean => isExempt(connections)(client) || this.#addresses.isProxy(client)
    this.#connections = new OpenCounter(connections, bundles)
    this.#requests = new OpenCounter(requests, isExempt(requests))
    this.#subscriptions = new OpenCounter(subscriptions, isExempt(subscriptions))
  }

  /** The client of a request, by which its requests are counted together. */
  clientOf(request: IncomingMessage): string {
    return this.#addresses.clientOf(request)
  }

  /** Counts a new connection until it closes. */
  connect(socket: Socket): Refusal | undefined {
    const client = toClient(socket.remoteAddress ?? '')
    const reached = this.#connections.enter(client)
    if (reached !== undefined) return refuse(reached, 'connections')
    socket.once('close', () => this.#connections.leave(client))
    // Each request in progress listens for the end of the connection.
    socket.setMaxListeners(30)
    return undefined
  }

  /** Counts a request until its answer is sent or given up. */
  request(request: IncomingMessage, response: ServerResponse): Refusal | undefined {
    const { socket } = request
    const pipelined = this.#pipelined.get(socket) ?? 0
    if (pipelined >= MOST_PIPELINED) return refuse('perAddress', 'unanswered requests on this connection')
    const slot = { client: this.clientOf(request), counter: this.#requests, places: 1 }
    const reached = slot.counter.enter(slot.client)
    if (reached !== undefined) return refuse(reached, 'requests in progress')
    this.#slots.set(request, slot)
    this.#pipelined.set(socket, pipelined + 1)
    // A pipelined response that never got the connection does not close, so the end of the connection counts too.
    const release = (): void => {
      socket.off('close', release)
      response.off('close', release)
      slot.counter.leave(slot.client, slot.places)
      this.#pipelined.set(socket, this.#pipelined.get(socket)! - 1)
    }
    socket.once('close', release)
    response.once('close', release)
    return undefined
  }

  /**
   * Counts a request as a subscription from now on.
   * @param places how many of the places for subscriptions it takes
   */
  subscribe(request: IncomingMessage, places = 1): Refusal | undefined {
    const slot = this.#slots.get(request)
    if (slot === undefined) return undefined
    const reached = this.#subscriptions.enter(slot.client, places)
    if (reached !== undefined) return refuse(reached, 'open subscriptions')
    slot.counter.leave(slot.client)
    slot.counter = this.#subscriptions
    slot.places = places
    return undefined
  }
}

const refuse = (reached: 'total' | 'perAddress', what: string): Refusal =>
  reached === 'total'
    ? { status: 503, message: `There are too many ${what} at the moment. Try again later.` }
    : { status: 429, message: `There are too many ${what} from your address. Close some, or try again later.` }
