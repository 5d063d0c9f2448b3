import type { Explanation } from './explanation.ts'
import type { TextPost } from './features.ts'
import { HashedModel } from './hashed-model.ts'
import { readManifest } from './model-manifest.ts'

export { toScale } from './hashed-model.ts'

/** A trained model: posts in, seriousness from 0 to 1 with four decimals out. */
export interface Model {
  readonly name: string
  /** In the order of the posts. */
  score(posts: readonly TextPost[]): Promise<number[]>
  /** What in a post made its score. */
  explain(post: TextPost): Promise<Explanation>
}

export const Model = {
  /**
   * Loads a folder's model and checks that its files belong together and to this program.
   * @throws OperationalError saying which file is wrong and why
   */
  async load(folder: string): Promise<Model> {
    return HashedModel.load(folder, await readManifest(folder))
  },
}
