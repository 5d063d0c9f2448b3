/** The state of a subscription; `paused` while the page is hidden. */
export type LinkState = 'connecting' | 'live' | 'reconnecting' | 'paused'

const WORST_FIRST: readonly LinkState[] = ['reconnecting', 'connecting', 'paused', 'live']

/** The label in the header. A page is live only if the figures that it receives are current. */
export const toMark = (label: LinkState | '', isCurrent: boolean): LinkState | '' | 'not current' =>
  isCurrent || (label !== 'live' && label !== '') ? label : 'not current'

/** The worst state of a page's subscriptions; empty when it has none. */
export const toLabel = (states: readonly LinkState[]): LinkState | '' =>
  WORST_FIRST.find((state) => states.includes(state)) ?? ''
