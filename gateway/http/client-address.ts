import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'

const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1']
const loopback = toBlockList(LOOPBACK_NETWORKS)

interface Peer {
  readonly client: string
  readonly isProxy: boolean
}

/** The client of every program on this machine. */
export const LOOPBACK = 'loopback'

/**
 * Tells clients apart by their addresses. Without trusted proxies the address is the other end of the connection, and
 * X-Forwarded-For is ignored, because every client can send that header. Each trusted proxy appends to the header the
 * address from which it got the request, so the client is the last address that is not a trusted proxy.
 */
export class ClientAddresses {
  readonly #proxies: BlockList
  readonly #peers = new WeakMap<Socket, Peer>()

  /**
   * @param proxies addresses or networks (`10.0.0.0/8`) of the trusted proxies; `loopback` stands for this machine
   * @throws TypeError for something that is not an address
   */
  constructor(proxies: readonly string[]) {
    this.#proxies = toBlockList(proxies.flatMap((proxy) => (proxy === LOOPBACK ? LOOPBACK_NETWORKS : [proxy])))
  }

  /** The client of a request. All addresses of one IPv6 network (/64) are one client, because a subscriber has a whole one. */
  clientOf({ socket, headers }: IncomingMessage): string {
    const peer = this.#peerOf(socket)
    if (!peer.isProxy) return peer.client
    let address = socket.remoteAddress ?? ''
    for (const hop of String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .toReversed()) {
      if (isIP(hop.trim()) === 0 || !this.isProxy(address)) break
      address = hop.trim()
    }
    return toClient(address)
  }

  /** The other end of a connection. It is the same for all its requests, and comparing addresses takes long. */
  #peerOf(socket: Socket): Peer {
    let peer = this.#peers.get(socket)
    if (peer === undefined) {
      const { remoteAddress = '' } = socket
      this.#peers.set(socket, (peer = { client: toClient(remoteAddress), isProxy: this.isProxy(remoteAddress) }))
    }
    return peer
  }

  isProxy(address: string): boolean {
    return includes(this.#proxies, normalize(address))
  }
}

export function toClient(address: string): string {
  const normal = normalize(address)
  if (includes(loopback, normal)) return LOOPBACK
  if (isIP(normal) !== 6) return normal
  const [head = '', tail] = normal.split('::')
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - first!.length - last!.length) }, () => '0')
  return [...first!, ...zeros, ...last!].slice(0, 4).join(':')
}

/** An IPv4 address comes as an IPv6 address where the server listens on both. */
const normalize = (address: string): string => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

const includes = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, familyOf(address))

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits, ...others] = network.split('/')
    const version = isIP(address)
    const isValid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
    if (version === 0 || !isValid || others.length > 0)
      throw new TypeError(`"${network}" is not an IP address or network`)
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}
