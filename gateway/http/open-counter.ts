/** How many of a kind may be open at a time. */
export interface Cap {
  readonly total: number
  readonly perAddress: number
  /** Whether `perAddress` also applies to the programs on this machine, which all have the same address. */
  readonly includesLoopback: boolean
}

/** Counts what is open, in all and for each client. */
export class OpenCounter {
  readonly #cap: Cap
  readonly #isExempt: (client: string) => boolean
  readonly #byClient = new Map<string, number>()
  #total = 0

  /** @param isExempt tells of a client whether only the total applies to it */
  constructor(cap: Cap, isExempt: (client: string) => boolean = () => false) {
    this.#cap = cap
    this.#isExempt = isExempt
  }

  /**
   * Takes places for a client unless a cap is reached. @returns the cap that is reached; undefined when they are taken
   */
  enter(client: string, places = 1): 'total' | 'perAddress' | undefined {
    if (this.#total + places > this.#cap.total) return 'total'
    const open = this.#byClient.get(client) ?? 0
    if (open + places > this.#cap.perAddress && !this.#isExempt(client)) return 'perAddress'
    this.#total += places
    this.#byClient.set(client, open + places)
    return undefined
  }

  leave(client: string, places = 1): void {
    const left = (this.#byClient.get(client) ?? 0) - places
    this.#total -= places
    if (left > 0) this.#byClient.set(client, left)
    else this.#byClient.delete(client)
  }
}
