import type { HourCovered, PostScored, PostSubmitted } from '../../schema/events.ts'
import { loadScoringModel } from '../../scorer/models/load-model.ts'
import type { ScoringModel } from '../../scorer/models/scoring-model.ts'

/** Something that the generated load put into the log, or that a fault took out of it, in the order of the log. */
export type Fact =
  | { readonly kind: 'post'; readonly post: PostSubmitted }
  | { readonly kind: 'score'; readonly score: PostScored }
  | { readonly kind: 'erasure'; readonly id: string }
  | { readonly kind: 'coverage'; readonly report: HourCovered }
  | { readonly kind: 'rubbish'; readonly payload: Buffer; readonly reportedBy: string }
  /** The event was taken from the log before any read model had applied it. */
  | { readonly kind: 'post lost' | 'score lost'; readonly id: string }

const FIRST_ID = 36 ** 4
const MODEL_DIR = 'ml/model'

/** What was stored so far, as the load generator knows it. */
export class History {
  readonly facts: Fact[] = []
  readonly model: ScoringModel
  readonly #posts = new Map<string, PostSubmitted>()
  readonly #erased = new Set<string>()
  readonly #lost = new Set<string>()
  /** Posts with several copies or scores. */
  readonly #touched = new Set<string>()
  readonly #scores = new Map<PostSubmitted, number>()
  #next = 0

  private constructor(model: ScoringModel) {
    this.model = model
  }

  static async create(): Promise<History> {
    return new History(await loadScoringModel(MODEL_DIR))
  }

  /** A number that is used once. */
  nextNumber(): number {
    return ++this.#next
  }

  /** An id that no post has. */
  nextId(): string {
    return (FIRST_ID + this.nextNumber()).toString(36)
  }

  add(fact: Fact): void {
    this.facts.push(fact)
    if (fact.kind === 'erasure') this.#erased.add(fact.id)
    if (fact.kind === 'post lost' || fact.kind === 'score lost') this.#lost.add(fact.id)
    if (fact.kind === 'score') this.#touched.add(fact.score.post_id)
    if (fact.kind !== 'post') return
    if (this.#posts.has(fact.post.id)) this.#touched.add(fact.post.id)
    else this.#posts.set(fact.post.id, fact.post)
  }

  /** Posts that are stored and neither erased nor lost: the first copy of each. */
  get posts(): PostSubmitted[] {
    return [...this.#posts.values()].filter(({ id }) => !this.#erased.has(id) && !this.#lost.has(id))
  }

  /** Posts of which the log holds one copy and one score. */
  get plainPosts(): PostSubmitted[] {
    return this.posts.filter(({ id }) => !this.#touched.has(id))
  }

  get erasedPosts(): PostSubmitted[] {
    return [...this.#posts.values()].filter(({ id }) => this.#erased.has(id))
  }

  /** The shown model's score of each post, 0…1. */
  async score(posts: readonly PostSubmitted[]): Promise<ReadonlyMap<PostSubmitted, number>> {
    const unknown = posts.filter((post) => !this.#scores.has(post))
    if (unknown.length === 0) return this.#scores
    const scores = await this.model.score(unknown)
    for (const [index, post] of unknown.entries()) this.#scores.set(post, scores[index]!)
    return this.#scores
  }
}
