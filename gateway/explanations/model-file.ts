import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostSubmitted } from '../../schema/events.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { Explanation } from '../../scorer/models/explanation.ts'

/** How long a model that could not be loaded is left alone. */
const RETRY_MS = 30_000

/** A model that says why it gives a post its score. */
export interface ExplainingModel {
  readonly name: string
  /** @param signal its abort ends the work early, where there is much of it */
  explain(post: PostSubmitted, signal?: AbortSignal): Promise<Explanation>
}

/** The model that explains cannot be loaded; `cause` says why. */
export class ModelLoadError extends Error {
  override name = 'ModelLoadError'
}

export interface ModelFileOptions {
  readonly folder: string
  readonly logger: Logger
  readonly load?: (folder: string) => Promise<ExplainingModel>
  /** A clock, in milliseconds. */
  readonly nowMs?: () => number
}

/** The model of a folder, loaded when it is first needed and then held. A failed load is logged, and tried again later. */
export class ModelFile {
  readonly #folder: string
  readonly #logger: Logger
  readonly #load: (folder: string) => Promise<ExplainingModel>
  readonly #nowMs: () => number
  #loaded: ExplainingModel | undefined
  #loading: Promise<ExplainingModel> | undefined
  #retryAtMs = Number.POSITIVE_INFINITY

  constructor({ folder, logger, load = loadModel, nowMs = () => performance.now() }: ModelFileOptions) {
    this.#folder = folder
    this.#logger = logger
    this.#load = load
    this.#nowMs = nowMs
  }

  /** What the model is called, without loading it; undefined where its folder does not say. */
  async name(): Promise<string | undefined> {
    return this.#loaded?.name ?? readName(this.#folder)
  }

  /** @throws ModelLoadError */
  get(): Promise<ExplainingModel> {
    if (this.#loading === undefined || this.#nowMs() >= this.#retryAtMs) {
      this.#retryAtMs = Number.POSITIVE_INFINITY
      this.#loading = this.#tryToLoad()
    }
    return this.#loading
  }

  async #tryToLoad(): Promise<ExplainingModel> {
    try {
      const model = await this.#load(this.#folder)
      this.#logger.info({ model: model.name }, 'explaining the scores of this model')
      return (this.#loaded = model)
    } catch (cause) {
      this.#retryAtMs = this.#nowMs() + RETRY_MS
      this.#logger.error({ err: cause, folder: this.#folder, retryMs: RETRY_MS }, 'cannot load the model that explains')
      throw new ModelLoadError('the model cannot be loaded', { cause })
    }
  }
}

/** Whatever is wrong with the file, loading the model says it. */
async function readName(folder: string): Promise<string | undefined> {
  try {
    const { name } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** Imported only here: a gateway that explains nothing pays nothing for onnxruntime, in memory or at its start. */
async function loadModel(folder: string): Promise<ExplainingModel> {
  const { loadScoringModel } = await import('../../scorer/models/load-model.ts')
  return loadScoringModel(folder)
}
