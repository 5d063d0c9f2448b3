import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../schema/runtime/errors.ts'
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
  /**
   * What in a post made its score.
   * @param signal of which a model that has to ask its graph often takes notice between two times
   */
  explain(post: TextPost, signal?: AbortSignal): Promise<Explanation>
}

export interface LoadOptions {
  /** That one inference call of a transformer may use; live, cores are better used by more scorers. */
  readonly threads?: number
}

export const Model = {
  /**
   * Loads a folder's model, of the kind that its files tell, and checks that they belong together and to this program.
   * @throws OperationalError saying which file is wrong and why
   */
  async load(folder: string, { threads = 1 }: LoadOptions = {}): Promise<Model> {
    const manifest = await readManifest(folder)
    if (manifest.features !== undefined) return HashedModel.load(folder, manifest)
    await requireTokenizer(folder)
    // Only where it is needed: the tokenizer's code takes time to load.
    const { TransformerModel } = await import('./transformer-model.ts')
    return TransformerModel.load(folder, manifest, threads)
  },
}

async function requireTokenizer(folder: string): Promise<void> {
  const file = join(folder, 'tokenizer.json')
  await access(file).catch((cause: unknown) => {
    throw new OperationalError(
      `Cannot read ${file}. A model needs the tokenizer that it was trained with, or, in model.json, the "features" that npm run train writes.`,
      { cause },
    )
  })
}
