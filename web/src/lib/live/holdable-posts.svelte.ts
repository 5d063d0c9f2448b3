import { mergePosts } from './merge-posts.ts'
import type { ListedPostFragment as Post } from '../generated/documents.ts'

/** The reason why a list holds still: its button is pressed, it is pointed at, or an explanation in it is open. */
export type HoldReason = 'paused' | 'pointed' | 'reading'

/** The latest posts of a page. The list can be held still; posts that arrive meanwhile wait until it is released. */
export class HoldablePosts {
  readonly #length: number
  readonly #loaded: () => readonly Post[]
  /** Recomputed from the loaded posts whenever the page loads others. */
  #shown: readonly Post[] = $derived.by(() => this.#loaded())
  #waiting: readonly Post[] = []
  #streamed: readonly Post[] = []
  /** The loaded posts that `#waiting` and `#streamed` belong to. */
  #joins: readonly Post[] | undefined
  #holds = $state.raw<readonly HoldReason[]>([])
  /** How many posts have arrived while the list is held. */
  arrived = $state(0)

  /** @param loaded the posts that the page was rendered with; when it changes, the new posts replace the list */
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

  /** Forgets the streamed posts, because a new stream does not continue the last one. */
  restart(): void {
    this.#streamed = []
  }

  /** Adds posts of the stream, oldest first. */
  add(posts: readonly Post[]): void {
    this.#forgetOtherList()
    const latest = posts.toReversed()
    this.#streamed = mergePosts(latest, this.#streamed, this.#length)
    if (this.#holds.length > 0) this.arrived += posts.length
    this.#waiting = mergePosts(latest, this.#waiting, this.#length)
    this.#show()
  }

  /** Shows posts that were loaded after the stream began, below those that the stream has brought. */
  replace(loaded: readonly Post[]): void {
    this.#forgetOtherList()
    this.#waiting = mergePosts(this.#streamed, loaded, this.#length)
    this.#show()
  }

  hold(reason: HoldReason, isHeld: boolean): void {
    this.#forgetOtherList()
    this.#holds = [...this.#holds.filter((one) => one !== reason), ...(isHeld ? [reason] : [])]
    this.#show()
  }

  /** Posts that wait for one list must not join another one, such as that of the next subreddit. */
  #forgetOtherList(): void {
    const loaded = this.#loaded()
    if (loaded === this.#joins) return
    this.#joins = loaded
    this.#waiting = []
    this.#streamed = []
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
