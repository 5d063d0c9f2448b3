/** Whether the page's subscriptions are connected, for the indicator in the header. */
class Connection {
  #states = $state<Record<string, boolean>>({})

  /** 'connecting' before the first answer. */
  readonly label = $derived.by(() => {
    const states = Object.values(this.#states)
    if (states.length === 0) return 'connecting'
    return states.every(Boolean) ? 'live' : 'reconnecting'
  })

  set(name: string, isLive: boolean): void {
    this.#states[name] = isLive
  }

  remove(name: string): void {
    delete this.#states[name]
  }
}

export const connection = new Connection()
