import type { ReadModels } from '../read-models/read-models.ts'
import { READS, type Reader, type ReadSource } from '../read-models/reads.ts'

/** Reads in the thread of the test, because starting workers for each test would take long. */
export class InlineReads implements ReadSource {
  readonly #models: ReadModels

  constructor(models: ReadModels) {
    this.#models = models
  }

  begin(): Reader {
    return {
      read: async (name, args) => JSON.parse(JSON.stringify(READS[name](this.#models, args as never))) as never,
    }
  }
}
