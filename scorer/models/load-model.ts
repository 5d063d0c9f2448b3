import { HashedModel } from './hashed-model.ts'
import { IsolatedModel } from './isolated-model.ts'
import { readManifest } from './model-manifest.ts'
import type { ScoringModel } from './scoring-model.ts'

export interface LoadOptions {
  /**
   * Threads that one inference call of a transformer may use. A live scorer uses one, because more scorers use the
   * cores better.
   */
  readonly threads?: number
}

/**
 * Loads the scoring model of a folder. One with a tokenizer runs in a thread of its own, because its files decide how
 * long the tokenizer takes, and an inference call takes long. One over hashed features runs in this thread: a call takes
 * microseconds.
 * @throws OperationalError saying which file is wrong and why
 */
export async function loadScoringModel(folder: string, { threads = 1 }: LoadOptions = {}): Promise<ScoringModel> {
  const manifest = await readManifest(folder)
  if (manifest.features !== undefined) return HashedModel.load(folder, manifest)
  return IsolatedModel.load({ folder, threads })
}
