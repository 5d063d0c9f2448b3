import { toLabel, type LinkState } from './link-state.ts'

/** The state of one subscription of the page. */
export class Link {
  state = $state<LinkState>('connecting')
  /** Why the server refused the subscription, in the server's words; empty when it did not. */
  refusal = $state('')
}

/** Sums up the page's subscriptions for the header. */
class Connection {
  #links = $state.raw<readonly Link[]>([])
  readonly label = $derived(toLabel(this.#links.map(({ state }) => state)))
  readonly refusal = $derived(this.#links.find(({ refusal }) => refusal !== '')?.refusal ?? '')

  add(): Link {
    const link = new Link()
    this.#links = [...this.#links, link]
    return link
  }

  remove(link: Link): void {
    this.#links = this.#links.filter((other) => other !== link)
  }
}

export const connection = new Connection()
