import { untrack } from 'svelte'
import type { TypedDocumentString } from '../generated/documents.ts'
import type { GraphQLRequestError } from '../graphql.ts'
import { connection } from './connection.svelte.ts'
import type { LinkState } from './link-state.ts'
import { Pacer } from './pacer.ts'
import { isAway, watchPresence } from './presence.ts'
import { subscribe } from './subscribe.ts'

const INTERVAL_MS = 400

export interface Follow<Data, Variables> {
  readonly document: TypedDocumentString<Data, Variables>
  /** Called before each connection. `closedMs` is how long there was no connection. */
  readonly variables: (closedMs: number) => Variables
  /** Called with what arrived since the last call, oldest first. */
  readonly onItems: (items: Data[]) => void
  /** Called at each connection: earlier changes are not in the stream and have to be loaded. */
  readonly onOpen: () => void
  /** Like `onRefused` in `Subscription`. */
  readonly onRefused?: (error: GraphQLRequestError) => boolean
  /** The shortest time between two calls of `onItems`. A page that has much to draw sets a longer time. */
  readonly intervalMs?: number
}

/** Keeps a subscription open while the page is visible, and tells the header its state. @returns a function that stops */
export function follow<Data, Variables>(options: Follow<Data, Variables>): () => void {
  // Without `untrack`, an effect that calls this would run again whenever the state of the connection changes.
  return untrack(() => open(options))
}

function open<Data, Variables>(options: Follow<Data, Variables>): () => void {
  const { document, variables, onItems, onOpen, onRefused, intervalMs = INTERVAL_MS } = options
  const link = connection.add()
  const pacer = new Pacer<Data>(intervalMs, onItems)
  let stop: (() => void) | undefined
  let closedAtMs = performance.now()

  function setState(state: LinkState): void {
    if (link.state === 'live') closedAtMs = performance.now()
    link.state = state
  }
  function start(): void {
    setState('connecting')
    stop = subscribe({
      document,
      // Waiting items are handed over first, because the cursor to resume from is that of the last item.
      variables: () => (pacer.flush(), variables(performance.now() - closedAtMs)),
      onData: (item) => pacer.push(item),
      onOpen: () => ((link.refusal = ''), onOpen()),
      onState: setState,
      onRefused: (error) => ((link.refusal = error.message), onRefused?.(error) ?? false),
    })
  }
  function pause(): void {
    stop?.()
    pacer.flush()
    setState('paused')
  }

  if (isAway()) pause()
  else start()
  const unwatch = watchPresence({ onAway: pause, onBack: start })
  return () => {
    unwatch()
    stop?.()
    untrack(() => connection.remove(link))
  }
}
