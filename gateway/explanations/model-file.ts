import type { PostSubmitted } from '../../schema/events.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { readModelName } from '../../scorer/models/read-json.ts'
import type { Explanation } from '../../scorer/models/explanation.ts'

/** After a failed load, the next one is tried this much later at the earliest. */
const RETRY_MS = 30_000

/** A scoring model that can explain its scores. */
export interface ExplainingModel {
  readonly name: string
  /** @param signal its abort ends long work early */
  explain(post: PostSubmitted, signal?: AbortSignal): Promise<Explanation>
}

/** The scoring model cannot be loaded; `cause` says why. */
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

/**
 * The scoring model of a folder, loaded when it is first needed and then kept. A failed load is logged, and calls fail
 * at once until it may be tried again: p-retry does not fit, because it is a loop of attempts.
 */
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

  /** The name of the scoring model, without loading it; undefined if its folder does not say. */
  async name(): Promise<string | undefined> {
    return this.#loaded?.name ?? readModelName(this.#folder)
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
      this.#logger.info({ model: model.name }, 'loaded the scoring model that explains scores')
      return (this.#loaded = model)
    } catch (cause) {
      this.#retryAtMs = this.#nowMs() + RETRY_MS
      this.#logger.error(
        { err: cause, folder: this.#folder, retryMs: RETRY_MS },
        'cannot load the scoring model that explains scores',
      )
      throw new ModelLoadError('the scoring model cannot be loaded', { cause })
    }
  }
}

/** Imports onnxruntime only now, so that a gateway that explains nothing starts faster and needs less memory. */
async function loadModel(folder: string): Promise<ExplainingModel> {
  const { loadScoringModel } = await import('../../scorer/models/load-model.ts')
  return loadScoringModel(folder)
}
