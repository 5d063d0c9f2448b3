import type { LiveSource, SourceContext } from '../live/source.ts'
import { SweepPosition } from './sweep-position.ts'
import { SweepRun, type SweepOptions } from './sweep-run.ts'

/** A source that follows all of Reddit by its post ids: nearly every id leads to a post, and `/api/info` shows a hundred at a time. */
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

  /** Notes that a stored post of that time (seconds since the epoch) was deleted on Reddit. */
  noteDeleted(createdUtc: number): void {
    this.#position?.hours.noteDeleted(createdUtc)
  }
}
