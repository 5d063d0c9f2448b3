import { untrack } from 'svelte'
import type { GraphQLRequestError } from '../graphql.ts'
import { connection } from './connection.svelte.ts'
import type { LinkState } from './link-state.ts'
import { Pacer } from './pacer.ts'
import { isAway, watchPresence } from './presence.ts'
import { subscribe } from './subscribe.ts'

/** Between two times that something is shown, at least. */
const INTERVAL_MS = 400

export interface Follow<T> {
  readonly document: string
  /** Asked for at each connection. `closedMs`: how long there has been none. */
  readonly variables: (closedMs: number) => Record<string, unknown>
  /** What arrived since the last call, in order. */
  readonly onItems: (items: T[]) => void
  /** At each connection: what happened before it is not in the stream, so load it. */
  readonly onOpen: () => void
  readonly onRefused?: (error: GraphQLRequestError) => boolean
  /** For what is much to draw. */
  readonly intervalMs?: number
}

/** Keeps a subscription open for as long as the page can be seen, and the header informed. @returns how to stop */
export function follow<T>(options: Follow<T>): () => void {
  // An effect that follows something must not run again because the state of the connection changes.
  return untrack(() => open(options))
}

function open<T>(options: Follow<T>): () => void {
  const { document, variables, onItems, onOpen, onRefused, intervalMs = INTERVAL_MS } = options
  const link = connection.add()
  const pacer = new Pacer<T>(intervalMs, onItems)
  let stop: (() => void) | undefined
  let closedAtMs = performance.now()

  function setState(state: LinkState): void {
    if (link.state === 'live') closedAtMs = performance.now()
    link.state = state
  }
  function start(): void {
    setState('connecting')
    stop = subscribe<T>({
      document,
      // What waits is shown before it is asked where to go on.
      variables: () => (pacer.flush(), variables(performance.now() - closedAtMs)),
      onData: (item) => pacer.push(item),
      onOpen: () => ((link.problem = ''), onOpen()),
      onState: setState,
      onRefused: (error) => ((link.problem = error.message), onRefused?.(error) ?? false),
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
