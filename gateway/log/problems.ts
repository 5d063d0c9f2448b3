import { describeStandstill } from '../../schema/scoring-models.ts'
import type { LogStatus } from './log-status.ts'
import { readProjections } from './projection-status.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ScoringModels } from './scoring-models.ts'
import type { ShownModel } from './shown-model.ts'

const STUCK_MS = 60_000

export interface ProblemSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly scoring: ScoringModels
  readonly log: LogStatus
}

/**
 * Lists problems with their remedies, in sentences: the same list in `/readyz`, in `Pipeline.problems` and on every
 * page.
 */
export class Problems {
  readonly #sources: ProblemSources
  /** By read model: its position when it last advanced, and the time of that. */
  readonly #moved = new Map<string, { position: string; atMs: number }>()

  constructor(sources: ProblemSources) {
    this.#sources = sources
  }

  /**
   * Empty while figures are right and up to date. Call it every second, because only then does it know how long a read
   * model has not advanced.
   */
  find(): string[] {
    const { models, shown, scoring, log } = this.#sources
    const standstill = describeStandstill(shown.promoted, scoring.names)
    return [
      ...models.problems,
      ...(log.isConnected ? [] : ['not connected to NATS']),
      ...(shown.promoted === undefined ? ['no scoring model was promoted yet'] : []),
      ...this.#findStuck(),
      ...(standstill === undefined ? [] : [standstill]),
    ]
  }

  /** Read models that are behind the log and have not advanced for a minute. */
  #findStuck(): string[] {
    const { models, log } = this.#sources
    return readProjections(models, log.streams).flatMap(({ name, lag, checkpoints }) => {
      const position = JSON.stringify(checkpoints)
      const last = this.#moved.get(name)
      if (lag === 0 || last?.position !== position) this.#moved.set(name, { position, atMs: performance.now() })
      else if (performance.now() - last.atMs > STUCK_MS)
        return `${name}.db is ${lag} events behind and has not advanced for a minute: is its projector running?`
      return []
    })
  }
}
