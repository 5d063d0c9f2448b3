/** How a subscription is: `paused` while the page is hidden. */
export type LinkState = 'connecting' | 'live' | 'reconnecting' | 'paused'

const WORST_FIRST: readonly LinkState[] = ['reconnecting', 'connecting', 'paused', 'live']

/** What can be said of all subscriptions of a page together; nothing where there is none. */
export const toLabel = (states: readonly LinkState[]): LinkState | '' =>
  WORST_FIRST.find((state) => states.includes(state)) ?? ''
