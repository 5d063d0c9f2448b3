import type { Post } from '../types.ts'
import { mergePosts } from './merge-posts.ts'

/** Why a list stands still: its button was pressed, it is pointed at, something that was opened in it is read. */
export type HoldReason = 'paused' | 'pointed' | 'reading'

/** A list of the latest posts that can be held still, so that it does not move under a pointer. */
export class Feed {
  readonly #length: number
  readonly #loaded: () => readonly Post[]
  /** Until other posts are loaded. */
  #shown: readonly Post[] = $derived.by(() => this.#loaded())
  #waiting: readonly Post[] = []
  #recent: readonly Post[] = []
  /** The list that these are to join. */
  #joins: readonly Post[] | undefined
  #holds = $state.raw<readonly HoldReason[]>([])
  /** How many have arrived since it was held. */
  arrived = $state(0)

  /** @param loaded what the page was rendered with; another value takes the place of what is shown */
  constructor(length: number, loaded: () => readonly Post[]) {
    this.#length = length
    this.#loaded = loaded
  }

  get posts(): readonly Post[] {
    return this.#shown
  }

  get isPaused(): boolean {
    return this.#holds.includes('paused')
  }

  /** The stream begins anew: what it brought before is not followed on. */
  restart(): void {
    this.#recent = []
  }

  /** @param posts oldest first */
  add(posts: readonly Post[]): void {
    this.#join()
    const latest = posts.toReversed()
    this.#recent = mergePosts(latest, this.#recent, this.#length)
    if (this.#holds.length > 0) this.arrived += posts.length
    this.#waiting = mergePosts(latest, this.#waiting, this.#length)
    this.#show()
  }

  /** Shows posts that were loaded since the stream began, behind those that it has brought. */
  replace(loaded: readonly Post[]): void {
    this.#join()
    this.#waiting = mergePosts(this.#recent, loaded, this.#length)
    this.#show()
  }

  hold(reason: HoldReason, isHeld: boolean): void {
    this.#join()
    this.#holds = [...this.#holds.filter((one) => one !== reason), ...(isHeld ? [reason] : [])]
    this.#show()
  }

  /** What waited to join a list that is not there any more has nothing to do with the next one. */
  #join(): void {
    const loaded = this.#loaded()
    if (loaded === this.#joins) return
    this.#joins = loaded
    this.#waiting = []
    this.#recent = []
    this.arrived = 0
  }

  #show(): void {
    if (this.#holds.length > 0) return
    this.arrived = 0
    if (this.#waiting.length === 0) return
    this.#shown = mergePosts(this.#waiting, this.#shown, this.#length)
    this.#waiting = []
  }
}
