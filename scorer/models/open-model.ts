import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { HashedModel } from './hashed-model.ts'
import { readManifest } from './model-manifest.ts'
import type { ScoringModel } from './scoring-model.ts'

/** Runs a step and returns its result. It can tell another thread how long the step takes. */
export type Guard = <T>(step: () => T) => T

export interface OpenOptions {
  /** Threads that one inference call of a transformer may use. */
  readonly threads: number
  /** Runs each step whose duration the files of the folder decide: the tokenizer's. */
  readonly guard: Guard
}

/**
 * Opens the scoring model of a folder in this thread; its files determine its kind. Checks that the files belong
 * together and suit this program.
 * @throws OperationalError saying which file is wrong and why
 */
export async function openModel(folder: string, options: OpenOptions): Promise<ScoringModel> {
  const manifest = await readManifest(folder)
  if (manifest.features !== undefined) return HashedModel.load(folder, manifest)
  await requireTokenizer(folder)
  // It is imported only when it is needed, because the tokenizer's code takes time to load.
  const { TransformerModel } = await import('./transformer-model.ts')
  return TransformerModel.load(folder, manifest, options)
}

async function requireTokenizer(folder: string): Promise<void> {
  const file = join(folder, 'tokenizer.json')
  await access(file).catch((cause: unknown) => {
    throw new OperationalError(
      `Cannot read ${file}. A scoring model needs the tokenizer that it was trained with, or, in model.json, the "features" that npm run train writes.`,
      { cause },
    )
  })
}
