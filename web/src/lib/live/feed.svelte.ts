import type { Post } from '../types.ts'
import { mergePosts } from './merge-posts.ts'

/** A list of the latest posts that can be held still, so that it does not move under a pointer. */
export class Feed {
  readonly #length: number
  readonly #loaded: () => readonly Post[]
  /** Until other posts are loaded. */
  #shown: readonly Post[] = $derived.by(() => this.#loaded())
  #waiting: readonly Post[] = []
  #recent: readonly Post[] = []
  #isHeld = $state(false)
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

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** The stream begins anew: what it brought before is not followed on. */
  restart(): void {
    this.#recent = []
  }

  /** @param posts oldest first */
  add(posts: readonly Post[]): void {
    const latest = posts.toReversed()
    this.#recent = mergePosts(latest, this.#recent, this.#length)
    if (this.#isHeld) this.arrived += posts.length
    this.#waiting = mergePosts(latest, this.#waiting, this.#length)
    this.#show()
  }

  /** Shows posts that were loaded since the stream began, behind those that it has brought. */
  replace(loaded: readonly Post[]): void {
    this.#waiting = mergePosts(this.#recent, loaded, this.#length)
    this.#show()
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#show()
  }

  #show(): void {
    if (this.#isHeld) return
    this.arrived = 0
    if (this.#waiting.length === 0) return
    this.#shown = mergePosts(this.#waiting, this.#shown, this.#length)
    this.#waiting = []
  }
}
