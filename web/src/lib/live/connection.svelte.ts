import { toLabel, type LinkState } from './link-state.ts'

/** One subscription of the page. */
export class Link {
  state = $state<LinkState>('connecting')
  /** Why the server refused it, in its own words. */
  problem = $state('')
}

/** How the page's subscriptions are, for the header. */
class Connection {
  #links = $state.raw<readonly Link[]>([])
  readonly label = $derived(toLabel(this.#links.map(({ state }) => state)))
  readonly problem = $derived(this.#links.find(({ problem }) => problem !== '')?.problem ?? '')

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
