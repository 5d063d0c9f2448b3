import type { LiveSource, SourceContext } from '../live/source.ts'
import { SweepPosition } from './sweep-position.ts'
import { SweepRun, type SweepOptions } from './sweep-run.ts'

/** Follows all of Reddit: post ids are nearly dense, and `/api/info` gives a hundred of them at a time. */
export class SweepSource implements LiveSource {
  readonly name = 'reddit'
  readonly #options: SweepOptions
  #position: SweepPosition | undefined

  constructor(options: SweepOptions) {
    this.#options = options
  }

  async run(context: SourceContext): Promise<void> {
    this.#position = await SweepPosition.load(context.positions)
    await new SweepRun(this.#options, context, this.#position).run()
  }

  /** Notes that a post of that time (seconds since the epoch), stored before, is gone. */
  noteDeleted(createdUtc: number): void {
    this.#position?.hours.noteDeleted(createdUtc)
  }
}
